import * as z from 'zod';
import { readAlarms } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { countSessions } from '#shared/database/estimation-store.ts';
import { readControl } from '#shared/database/optimizer-control.ts';
import { listRuns } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGateways } from '#shared/database/read-gateways.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { readRunningRollout } from '#shared/database/rollout-store.ts';
import { describeDrift } from './decide-routing.ts';
import { proposeRouting, type RoutingExplanation } from './propose-routing.ts';
import { readDriftPeriods } from './read-judge-drift.ts';
import { readRoutingEvidence } from './read-routing-evidence.ts';
import type { SystemStatus } from './system-status.ts';

export interface ReadStatusOptions {
  readonly projectId: string;
  /** `provider/model` of each configured judge. */
  readonly judges: readonly string[];
  readonly nextNightly: Date | null;
  readonly now: number;
}

const WINDOW_MS = 30 * 86_400_000;
/** Fewer than the nightly estimate takes: status is asked for often. */
const SESSIONS_PER_CELL = 500;
const SHAPES_MAX = 200;
const progressSchema = z.looseObject({ pairs: z.number().catch(0) }).catch({ pairs: 0 });
const textSchema = z.looseObject({ text: z.string() });

/** Reads everything `trimtab status` and `GET /status` show; works on the database alone, with the optimizer down. */
export async function readStatus(database: Database, options: ReadStatusOptions): Promise<SystemStatus> {
  const { projectId } = options;
  const [control, governance, pointer, rollout, lastRuns, gateways] = await Promise.all([
    readControl(database, projectId),
    readGovernance(database, projectId),
    readPointer(database, projectId),
    readRunningRollout(database, projectId),
    listRuns(database, projectId, { limit: 1 }),
    readGateways(database, projectId),
  ]);
  const stable = pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
  const alarms = pointer === null ? [] : await readAlarms(database, projectId, pointer.stable);
  const evidence = textSchema.safeParse(rollout?.evidence);
  const lastRun = lastRuns[0];
  const stopped = control !== null && (control.paused || control.pinnedPolicy !== null);
  return {
    projectId,
    paused: control?.paused ?? false,
    pinnedPolicy: control?.pinnedPolicy ?? null,
    stoppedBy: stopped
      ? { actor: control.actor, reason: control.reason, since: control.updatedAt.toISOString() }
      : null,
    modes: governance === null ? null : { weights: governance.body.weights, prefixes: governance.body.prefixes },
    qualityBar: governance?.body.qualityBar ?? null,
    judges: {
      on: options.judges.length > 0,
      names: [...options.judges],
      drifts: (await readDriftPeriods(database, projectId)).map(describeDrift),
    },
    pointer: pointer && {
      stable: pointer.stable,
      stableNumber: stable?.number ?? null,
      canary: pointer.canary,
      epoch: pointer.epoch,
      revoked: [...pointer.revoked],
      updatedAt: pointer.updatedAt.toISOString(),
    },
    rollout: rollout && {
      rolloutId: rollout.rolloutId,
      number: rollout.number,
      kind: rollout.kind,
      candidate: rollout.candidate,
      openedAt: rollout.openedAt.toISOString(),
      pairs: progressSchema.parse(rollout.state).pairs,
      pairsNeeded: rollout.settings.minSessions,
      pairsMax: rollout.settings.maxSessions,
      text: evidence.success ? evidence.data.text : null,
    },
    alarms: {
      watching: alarms.filter((alarm) => alarm.status === 'watching').length,
      raised: alarms.filter((alarm) => alarm.status === 'raised').length,
    },
    shapes: await readShapes(database, options, await explainRouting(database, options)),
    nextNightly: options.nextNightly?.toISOString() ?? null,
    lastRun:
      lastRun === undefined
        ? null
        : {
            ...{ runId: lastRun.runId, job: lastRun.job, status: lastRun.status },
            finishedAt: lastRun.finishedAt?.toISOString() ?? null,
            ...{ routing: lastRun.summary['routing'] ?? null, prefix: lastRun.summary['prefix'] ?? null },
          },
    gateways: gateways.map(({ seenAt, ...gateway }) => ({
      ...gateway,
      current: gateway.epoch === (pointer?.epoch ?? null),
      seenAt: seenAt.toISOString(),
    })),
  };
}

/** What routing would decide now, whether or not it may: the reason per shape does not wait for the night. */
async function explainRouting(
  database: Database,
  options: ReadStatusOptions,
): Promise<ReadonlyMap<string, RoutingExplanation>> {
  const { projectId, now } = options;
  const governance = (await readGovernance(database, projectId))?.body ?? null;
  const pointer = await readPointer(database, projectId);
  const stable = pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
  if (governance === null || stable === null) return new Map();
  const evidence = await readRoutingEvidence(database, projectId, {
    asOf: new Date(now),
    sessionsPerCellMax: SESSIONS_PER_CELL,
  });
  const asked = { ...governance, weights: 'propose' as const };
  const proposal = proposeRouting({ current: stable.body, governance: asked, ...evidence });
  const explanations = proposal.type === 'off' ? [] : proposal.explanations;
  return new Map(explanations.flatMap((each) => (each.turnShape === null ? [] : [[each.turnShape, each] as const])));
}

async function readShapes(
  database: Database,
  options: ReadStatusOptions,
  explanations: ReadonlyMap<string, RoutingExplanation>,
): Promise<SystemStatus['shapes']> {
  const counts = await countSessions(database, options.projectId, new Date(options.now - WINDOW_MS));
  return counts.slice(0, SHAPES_MAX).map((count) => {
    const explanation = explanations.get(count.turnShape);
    return {
      ...count,
      reason: explanation?.reason ?? (count.scored === 0 ? 'no_scored_sessions' : 'no_route'),
      currentModel: explanation?.currentModel ?? null,
      held: explanation?.held ?? null,
      models: (explanation?.models ?? []).map((model) => ({
        ...{ model: model.model, sessions: model.sessions, sessionsNeeded: model.sessionsNeeded },
        ...{ verdict: model.verdict, mean: model.mean, lower: model.lower, upper: model.upper },
        expectedCostUsd: model.expectedCostUsd,
        ...{ weighed: model.weighed, latency: model.latency, heldSessions: model.heldSessions },
      })),
    };
  });
}
