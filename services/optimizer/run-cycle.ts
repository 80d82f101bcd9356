import type { Database } from '#shared/database/connect.ts';
import { readSessionCells } from '#shared/database/estimation-store.ts';
import { type ClaimedRun, finishRun, parkRun, saveCheckpoint } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { type Policy, readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { ClusteringReport } from './cluster-failures.ts';
import { asOfOf, type CycleCheckpoint, cycleCheckpointSchema, type RoutingOutcome } from './cycle-checkpoint.ts';
import { SESSIONS_PER_CELL_MAX } from './estimation/estimate-quality.ts';
import { type PrefixOutcome, proposePrefix, type ReplayQueue } from './propose-prefix.ts';
import { proposeRouting } from './propose-routing.ts';
import { type Published, publishDraft } from './publish-draft.ts';

export interface RunCycleDeps {
  readonly database: Database;
  readonly now: () => number;
  readonly teacher: Llm | null;
  readonly replays: ReplayQueue;
  readonly clustering: { run(): Promise<ClusteringReport> };
  readonly actor: string;
}

export interface RunCycleOptions {
  readonly minClusterSessions: number;
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
}

const DAY_MS = 86_400_000;
/** Sessions older than this say little of a model that its provider changes under us. */
const ESTIMATION_WINDOW_MS = 30 * DAY_MS;
/** How soon a run that waits for replays is taken up again. */
const RESUME_AFTER_MS = 5_000;

/**
 * One cycle of the optimizer, as it runs every night: a snapshot in time, failures into clusters, the quality of every
 * turn shape on every model, a routing proposal, a prefix proposal, and by the mode of governance a rollout. Each step
 * is written down when it is done, so that a run killed anywhere is resumed and comes to the same policies.
 */
export async function runCycle(
  deps: RunCycleDeps,
  run: ClaimedRun,
  options: RunCycleOptions,
): Promise<'done' | 'waiting'> {
  const { database } = deps;
  const { projectId } = run;
  let checkpoint: CycleCheckpoint = cycleCheckpointSchema.parse(run.checkpoint);
  const reached = async (step: Partial<CycleCheckpoint>) => {
    checkpoint = { ...checkpoint, ...step };
    await saveCheckpoint(database, run, checkpoint);
  };

  if (checkpoint.asOf === undefined) await reached({ asOf: new Date(deps.now()).toISOString() });
  const governance = (await readGovernance(database, projectId))?.body ?? null;
  const stable = await readStable(database, projectId);
  if (governance === null || stable === null) {
    await finishRun(database, run, { status: 'done', summary: { ...checkpoint, reason: 'no_active_policy' } });
    return 'done';
  }
  if (checkpoint.clustering === undefined) await reached({ clustering: await deps.clustering.run() });
  if (checkpoint.routing === undefined) {
    await reached({ routing: await decideRouting(deps, stable, governance, asOfOf(checkpoint)) });
  }
  if (checkpoint.prefix === undefined) {
    // The routing step may have moved the pointer, and a prefix must not take back what it did.
    const current = (await readStable(database, projectId)) ?? stable;
    const outcome = await proposePrefix(deps, current, governance, {
      ...options,
      projectId,
      runId: run.runId,
      asOf: asOfOf(checkpoint),
    });
    if (outcome.type === 'waiting') {
      const summary = { ...checkpoint, prefix: outcome };
      await parkRun(database, run, { checkpoint, summary, resumeInMs: RESUME_AFTER_MS });
      return 'waiting';
    }
    await reached({ prefix: await decidePrefix(deps, current, governance, outcome) });
  }
  await finishRun(database, run, { status: 'done', summary: { ...checkpoint, policyId: stable.policyId } });
  return 'done';
}

async function readStable(database: Database, projectId: string): Promise<Policy | null> {
  const pointer = await readPointer(database, projectId);
  return pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
}

/** Quality per turn shape and model from closed sessions, and the policy that it speaks for. */
async function decideRouting(
  deps: RunCycleDeps,
  stable: Policy,
  governance: Governance,
  asOf: Date,
): Promise<RoutingOutcome> {
  const cells = await readSessionCells(deps.database, stable.projectId, {
    since: new Date(asOf.getTime() - ESTIMATION_WINDOW_MS),
    asOf,
    sessionsPerCellMax: SESSIONS_PER_CELL_MAX,
  });
  const proposal = proposeRouting({ current: stable.body, governance, cells });
  if (proposal.type === 'off') return { type: 'nothing', reason: 'off', explanations: [], published: null };
  const explanations = [...proposal.explanations];
  if (proposal.type === 'nothing') return { type: 'nothing', reason: 'no_change', explanations, published: null };
  const models = [
    ...new Set(proposal.changes.filter((change) => change.to > change.from).map((change) => change.model)),
  ];
  const draft = {
    body: proposal.body,
    reason: `towards the cheapest proven model: ${models.join(', ')}`,
    evidence: { asOf: asOf.toISOString(), changes: proposal.changes, explanations },
    risk: proposal.changes.every((change) => change.type === 'weight' && change.from > 0) ? 'weights' : 'model',
    explorationOnly: proposal.changes.every((change) => change.type === 'exploration'),
  } as const;
  const published = await publishDraft(deps, stable, draft, governance, governance.weights);
  return { type: 'proposed', reason: null, explanations, published };
}

async function decidePrefix(
  deps: RunCycleDeps,
  stable: Policy,
  governance: Governance,
  outcome: Exclude<PrefixOutcome, { type: 'waiting' }>,
): Promise<Readonly<Record<string, unknown>>> {
  if (outcome.type === 'nothing') return { ...outcome };
  const { body, ...evidence } = outcome;
  const { verdict, turnShape, model } = outcome;
  const published: Published = await publishDraft(
    deps,
    stable,
    {
      body,
      reason: `prefix for ${model} in ${turnShape}: ${verdict.seedMean?.toFixed(3)} -> ${verdict.candidateMean?.toFixed(3)} over ${verdict.pairs} replayed calls`,
      evidence,
      risk: 'prefix',
    },
    governance,
    governance.prefixes,
  );
  return { ...evidence, type: 'proposed', published };
}
