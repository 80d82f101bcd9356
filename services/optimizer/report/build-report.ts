import type { Overhead, ReportRow, RolloutArmRow, SessionSums } from '#shared/database/report-store.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { matchRoute } from '#shared/routing/match-route.ts';
import {
  addSums,
  type Difference,
  differenceOf,
  type Interval,
  meanOf,
  NO_SESSIONS,
  type Stratum,
} from './compare-arms.ts';

/** What a part of the traffic cost and was worth, beside what the baseline's model did at the same time. */
export interface ReportPart {
  readonly name: string;
  readonly sessions: number;
  readonly scored: number;
  readonly costUsd: number;
  readonly costPerSessionUsd: Interval | null;
  readonly quality: Interval | null;
  readonly hardFailureShare: number;
  /** Sessions for which the baseline's own model served others of their kind on the same day. */
  readonly comparable: number;
  readonly costDifference: Difference | null;
  readonly qualityDifference: Difference | null;
}

export interface RolloutPart {
  readonly rolloutId: string;
  readonly number: number;
  readonly status: string;
  readonly candidate: string;
  readonly canarySessions: number;
  readonly controlSessions: number;
  readonly costDifference: Difference | null;
  readonly qualityDifference: Difference | null;
}

export interface Report {
  readonly since: string;
  readonly until: string;
  /** Whose models everything is compared with. */
  readonly baseline: { readonly policyId: string; readonly number: number };
  readonly total: ReportPart;
  readonly shapes: readonly ReportPart[];
  readonly providers: readonly ReportPart[];
  readonly rollouts: readonly RolloutPart[];
  readonly overhead: Overhead;
}

export interface ReportInput {
  readonly since: Date;
  readonly until: Date;
  readonly baseline: { readonly policyId: string; readonly number: number; readonly body: PolicyBody };
  readonly rows: readonly ReportRow[];
  readonly arms: readonly RolloutArmRow[];
  readonly overhead: Overhead;
}

/**
 * Cost and quality against a concurrent baseline: what the models that the baseline policy prefers did for the same
 * turn shape, the same model asked for and the same day. A comparison with the past would credit Trimtab with whatever
 * else has changed since.
 */
export function buildReport(input: ReportInput): Report {
  const { rows, baseline } = input;
  const modelOf = preferredModels(baseline.body);
  const cells = [...Map.groupBy(rows, (row) => JSON.stringify([row.day, row.requestModel, row.turnShape])).values()];
  const partOf = (name: string, belongs: (row: ReportRow) => boolean) => describePart(name, cells, belongs, modelOf);
  const names = (of: (row: ReportRow) => string) => [...new Set(rows.map(of))].sort();
  return {
    since: input.since.toISOString(),
    until: input.until.toISOString(),
    baseline: { policyId: baseline.policyId, number: baseline.number },
    total: partOf('all', () => true),
    shapes: names((row) => row.turnShape).map((shape) => partOf(shape, (row) => row.turnShape === shape)),
    providers: names((row) => row.provider).map((name) => partOf(name, (row) => row.provider === name)),
    rollouts: describeRollouts(input.arms),
    overhead: input.overhead,
  };
}

type ModelOf = (row: ReportRow) => string | null;

/** The model with most weight on the route of the baseline policy that takes a call like this one. */
function preferredModels(body: PolicyBody): ModelOf {
  const known = new Map<string, string | null>();
  return ({ requestModel, turnShape }) => {
    const key = JSON.stringify([requestModel, turnShape]);
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const facts = { requestModel, turnShape, developer: null, repo: null, project: null, flagged: false };
    const targets = matchRoute(body, facts)?.targets ?? [];
    const model = targets.toSorted((left, right) => right.weight - left.weight)[0]?.model ?? null;
    known.set(key, model);
    return model;
  };
}

function describePart(
  name: string,
  cells: readonly (readonly ReportRow[])[],
  belongs: (row: ReportRow) => boolean,
  modelOf: ModelOf,
): ReportPart {
  const strata: Stratum[] = [];
  let all = NO_SESSIONS;
  let comparable = 0;
  for (const cell of cells) {
    const own = cell.filter(belongs);
    if (own.length === 0) continue;
    const isBaseline = (row: ReportRow) => row.model === modelOf(row);
    const baseline = sumOf(cell.filter(isBaseline));
    all = addSums(all, sumOf(own));
    if (baseline.sessions >= 2) comparable += sumOf(own).sessions;
    // What the baseline's own model served is no different from itself, and counts with a difference of nothing.
    strata.push({ treated: sumOf(own.filter((row) => !isBaseline(row))), baseline });
  }
  return {
    ...{ name, sessions: all.sessions, scored: all.scored, costUsd: all.costUsd, comparable },
    costPerSessionUsd: meanOf(all, 'cost'),
    quality: meanOf(all, 'quality'),
    hardFailureShare: all.sessions === 0 ? 0 : all.hardFailures / all.sessions,
    costDifference: differenceOf(strata, 'cost'),
    qualityDifference: differenceOf(strata, 'quality'),
  };
}

function describeRollouts(arms: readonly RolloutArmRow[]): RolloutPart[] {
  return [...Map.groupBy(arms, (arm) => arm.rolloutId).values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const treated = sumOf(rows.filter((row) => row.variant === 'canary'));
    const baseline = sumOf(rows.filter((row) => row.variant === 'control'));
    const { rolloutId, number, status, candidate } = first;
    return [
      {
        ...{ rolloutId, number, status, candidate },
        canarySessions: treated.sessions,
        controlSessions: baseline.sessions,
        costDifference: differenceOf([{ treated, baseline }], 'cost'),
        qualityDifference: differenceOf([{ treated, baseline }], 'quality'),
      },
    ];
  });
}

function sumOf(rows: readonly SessionSums[]): SessionSums {
  return rows.reduce(addSums, NO_SESSIONS);
}
