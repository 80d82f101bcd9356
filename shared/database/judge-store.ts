import { sql } from 'kysely';
import type { Score } from '../domain/score.ts';
import { jsonText, storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** Budget of one judge on one day, UTC. */
export interface JudgeDay {
  readonly projectId: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** `provider/model`. */
  readonly judge: string;
}

/**
 * Takes an amount from a judge's budget of a day, in one statement, so that no number of workers spends more than the
 * budget. What a killed worker had reserved stays taken until the day ends.
 *
 * @returns false when what is left is not enough
 */
export async function reserveJudgeBudget(
  database: Database,
  at: JudgeDay,
  amountUsd: number,
  budgetUsd: number,
): Promise<boolean> {
  if (amountUsd > budgetUsd) return false;
  const rows = await database
    .insertInto('judgeSpend')
    .values({ ...at, reservedUsd: amountUsd })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'day', 'judge'])
        .doUpdateSet({ reservedUsd: sql<number>`judge_spend.reserved_usd + excluded.reserved_usd` })
        .where(sql<number>`judge_spend.reserved_usd + judge_spend.spent_usd + ${amountUsd}`, '<=', budgetUsd),
    )
    .returning('judge')
    .execute();
  return rows.length > 0;
}

/** Replaces a reservation by what was spent. */
export async function settleJudgeBudget(
  database: Database,
  at: JudgeDay,
  settlement: {
    readonly reservedUsd: number;
    readonly spentUsd: number;
    readonly calls: number;
    readonly errors: number;
    readonly repairs?: number;
    readonly canaryMisses?: number;
    readonly rateLimited?: number;
    readonly otherModel?: number;
    readonly unusable?: number;
  },
): Promise<void> {
  await database
    .updateTable('judgeSpend')
    .set({
      reservedUsd: sql<number>`greatest(0, reserved_usd - ${settlement.reservedUsd})`,
      spentUsd: sql<number>`spent_usd + ${settlement.spentUsd}`,
      calls: sql<number>`calls + ${settlement.calls}`,
      errors: sql<number>`errors + ${settlement.errors}`,
      repairs: sql<number>`repairs + ${settlement.repairs ?? 0}`,
      canaryMisses: sql<number>`canary_misses + ${settlement.canaryMisses ?? 0}`,
      rateLimited: sql<number>`rate_limited + ${settlement.rateLimited ?? 0}`,
      otherModel: sql<number>`other_model + ${settlement.otherModel ?? 0}`,
      unusable: sql<number>`unusable + ${settlement.unusable ?? 0}`,
    })
    .where('projectId', '=', at.projectId)
    .where('day', '=', at.day)
    .where('judge', '=', at.judge)
    .execute();
}

/** One judge on one day: what it cost, and what of its answers was of no use. */
export interface JudgeLedgerLine {
  readonly day: string;
  readonly judge: string;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly calls: number;
  readonly errors: number;
  readonly repairs: number;
  readonly canaryMisses: number;
  readonly rateLimited: number;
  readonly otherModel: number;
  /** Judgements that ended without a usable answer. */
  readonly unusable: number;
}

/** The ledger of judges since a day (`YYYY-MM-DD`, UTC), newest first. */
export async function readJudgeLedger(
  database: Database,
  projectId: string,
  since: string,
): Promise<readonly JudgeLedgerLine[]> {
  return await database
    .selectFrom('judgeSpend')
    .select(sql<string>`to_char(day, 'YYYY-MM-DD')`.as('day'))
    .select(['judge', 'spentUsd', 'reservedUsd', 'calls', 'errors', 'repairs', 'canaryMisses'])
    .select(['rateLimited', 'otherModel', 'unusable'])
    .where('projectId', '=', projectId)
    .where('day', '>=', since)
    .orderBy('judgeSpend.day', 'desc')
    .orderBy('judge')
    .execute();
}

/** Models that served these calls, each once. */
export async function readServedModels(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<readonly string[]> {
  if (callIds.length === 0) return [];
  const rows = await database
    .selectFrom('call')
    .select('responseModel')
    .distinct()
    .where('projectId', '=', projectId)
    // One parameter for any number of calls.
    .where(sql<boolean>`call_id = ANY(${[...callIds]}::uuid[])`)
    .where('responseModel', 'is not', null)
    .execute();
  return rows.flatMap(({ responseModel }) => responseModel ?? []);
}

/** A cached evaluation, or null. Parse it: it is as old as it may be. */
export async function readEvaluation(database: Database, projectId: string, cacheKey: string): Promise<unknown> {
  const row = await database
    .selectFrom('evaluationCache')
    .select('value')
    .where('projectId', '=', projectId)
    .where('cacheKey', '=', cacheKey)
    .executeTakeFirst();
  return row?.value ?? null;
}

/**
 * Keeps an evaluation under its content's key; equal keys have equal values, so the first stays.
 *
 * @param callId whose content it is: nothing is kept of a call that was erased meanwhile
 */
export async function writeEvaluation(
  database: Database,
  projectId: string,
  cacheKey: string,
  value: unknown,
  callId: string,
): Promise<void> {
  await database
    .insertInto('evaluationCache')
    .values({ projectId, cacheKey, value: jsonText(value), callId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Why a subject was not judged. With a judge configured, every call is judged or has one of these. */
export type JudgeSkipReason =
  | 'no_tool_calls'
  | 'deterministic_failure'
  | 'content_not_captured'
  | 'not_sampled'
  | 'budget_exhausted'
  | 'judge_unavailable';

export interface JudgeSkip {
  readonly projectId: string;
  /** The call, or the first call of a session. */
  readonly callId: string;
  readonly rubric: string;
  readonly reason: JudgeSkipReason;
  /** Probability with which a subject like this one is chosen for judging. */
  readonly samplingProbability: number;
}

export async function recordJudgeSkip(database: Database, skip: JudgeSkip): Promise<void> {
  await database
    .insertInto('judgeSkip')
    .values(skip)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function readJudgeSkip(
  database: Database,
  projectId: string,
  callId: string,
  rubric: string,
): Promise<string | null> {
  const row = await database
    .selectFrom('judgeSkip')
    .select('reason')
    .where('projectId', '=', projectId)
    .where('callId', '=', callId)
    .where('rubric', '=', rubric)
    .executeTakeFirst();
  return row?.reason ?? null;
}

/** When the subject was last judged by this version of a rubric, or null. */
export async function readJudgedAt(
  database: Database,
  key: Pick<
    Score,
    'projectId' | 'callId' | 'subjectType' | 'subjectId' | 'scorer' | 'scorerVersion' | 'pass' | 'sample'
  >,
): Promise<Date | null> {
  const row = await database
    .selectFrom('score')
    .select('createdAt')
    .where('callId', '=', key.callId)
    .where('projectId', '=', key.projectId)
    .where('subjectType', '=', key.subjectType)
    .where('subjectId', '=', storableText(key.subjectId))
    .where('scorer', '=', key.scorer)
    .where('scorerVersion', '=', key.scorerVersion)
    .where('pass', '=', key.pass)
    .where('sample', '=', key.sample)
    .executeTakeFirst();
  return row?.createdAt ?? null;
}
