import type { Database } from '#shared/database/connect.ts';
import {
  type ClaimedRun,
  finishRun,
  parkRun,
  type RunProgress,
  saveCheckpoint,
  saveProgress,
} from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { type Policy, readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { beginSearches, type ProposePrefixDeps, type ProposePrefixOptions } from './begin-searches.ts';
import type { FailureClustering } from './cluster-failures.ts';
import {
  asOfOf,
  type CycleCheckpoint,
  type CycleStep,
  cycleCheckpointSchema,
  type RoutingCheck,
  type RoutingDecision,
  type RoutingOutcome,
} from './cycle-checkpoint.ts';
import { decidePrefix, PROMPT_JOB } from './decide-prefix.ts';
import { decideRouting } from './decide-routing.ts';
import { checkRouting } from './off-policy/check-routing.ts';
import { publishDraft } from './publish-draft.ts';

export interface RunCycleDeps extends ProposePrefixDeps {
  readonly clustering: Pick<FailureClustering, 'run'> & Partial<Pick<FailureClustering, 'runNightly'>>;
}

/** How soon a run that waits for replays is taken up again. */
const RESUME_AFTER_MS = 5_000;

/**
 * One cycle of the optimizer, as it runs every night: a snapshot in time, failures into clusters, the quality of every
 * turn shape on every model, a routing proposal held against what was logged, a prefix proposal, and by the mode of
 * governance a rollout. Each step is written down when it is done, so that a run killed anywhere is resumed and comes to
 * the same policies.
 */
export async function runCycle(
  deps: RunCycleDeps,
  run: ClaimedRun,
  options: ProposePrefixOptions,
): Promise<'done' | 'waiting'> {
  const { database } = deps;
  const { projectId } = run;
  const diary = openDiary(deps, run);

  await diary.step('snapshot', 'asOf', async () => new Date(deps.now()).toISOString());
  const governance = (await readGovernance(database, projectId))?.body ?? null;
  const stable = await readStable(database, projectId);
  if (governance === null || stable === null) {
    await finishRun(database, run, { status: 'done', summary: { ...diary.checkpoint(), reason: 'no_active_policy' } });
    return 'done';
  }
  const asOf = asOfOf(diary.checkpoint());
  // A search that a person asked for is a run of its own, and does nothing else.
  if (run.job !== PROMPT_JOB) {
    await diary.step('cluster', 'clustering', () => deps.clustering.run());
    await diary.step('recluster', 'reclustering', async () => ({ ...(await deps.clustering.runNightly?.(run.runId)) }));
    const estimate = await diary.step('estimate', 'estimate', () => decideRouting(database, stable, governance, asOf));
    const check = await diary.step('check', 'check', () =>
      checkRouting(database, projectId, estimate, governance, asOf),
    );
    await diary.step('publish', 'routing', () => publishRouting(deps, run, { ...estimate, check }, governance));
  }
  // The routing step may have moved the pointer, and a prefix must not take back what it did.
  const current = (await readStable(database, projectId)) ?? stable;
  const night = { projectId, runId: run.runId, fence: run.fence, asOf };
  const considered = await diary.step('search', 'searches', async () => [
    ...(await beginSearches(deps, current, governance, options, night)),
  ]);
  if (diary.checkpoint().prefix === undefined) {
    await diary.begin('prefix');
    const decision = await decidePrefix(deps, current, governance, options, { ...night, considered });
    if (decision.type === 'waiting') {
      const checkpoint = diary.checkpoint();
      const summary = { ...summaryOf(checkpoint), prefix: decision };
      await parkRun(database, run, { checkpoint, summary, resumeInMs: RESUME_AFTER_MS });
      return 'waiting';
    }
    await diary.step('prefix', 'prefix', async () => decision.summary);
  }
  const summary = { ...summaryOf(diary.checkpoint()), policyId: stable.policyId };
  await finishRun(database, run, { status: 'done', summary });
  return 'done';
}

interface Diary {
  checkpoint(): CycleCheckpoint;
  /** What a step came to: what is written down of it, else the work's result, which is written down. */
  step<Key extends keyof CycleCheckpoint>(
    step: CycleStep,
    key: Key,
    work: () => Promise<NonNullable<CycleCheckpoint[Key]>>,
  ): Promise<NonNullable<CycleCheckpoint[Key]>>;
  begin(step: CycleStep): Promise<void>;
}

/** Checkpoint and progress of one run, each stored under its fence. */
function openDiary({ database, now }: RunCycleDeps, run: ClaimedRun): Diary {
  let checkpoint: CycleCheckpoint = cycleCheckpointSchema.parse(run.checkpoint);
  let progress: RunProgress = run.progress;
  const begin = async (step: CycleStep): Promise<void> => {
    // A step that waited goes on from when it began.
    if (progress.step === step) return;
    const stepStartedAt = new Date(now()).toISOString();
    progress = { ...progress, step, stepStartedAt, done: null, total: null };
    await saveProgress(database, run, progress);
  };
  return {
    checkpoint: () => checkpoint,
    begin,
    async step(step, key, work) {
      const written = checkpoint[key];
      if (written !== undefined) return written;
      await begin(step);
      const result = await work();
      checkpoint = { ...checkpoint, [key]: result };
      const tookMs = Math.max(0, now() - Date.parse(progress.stepStartedAt ?? new Date(now()).toISOString()));
      progress = { ...progress, step: null, stepStartedAt: null, took: { ...progress.took, [step]: tookMs } };
      await saveCheckpoint(database, run, checkpoint, progress);
      return result;
    },
  };
}

/** The draft itself is for the run's own use; what became of it is under `routing`. */
function summaryOf({
  estimate: _estimate,
  check: _check,
  ...summary
}: CycleCheckpoint): Omit<CycleCheckpoint, 'estimate' | 'check'> {
  return summary;
}

async function readStable(database: Database, projectId: string): Promise<Policy | null> {
  const pointer = await readPointer(database, projectId);
  return pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
}

async function publishRouting(
  deps: RunCycleDeps,
  run: ClaimedRun,
  { parentId, reason, check, ...decided }: RoutingDecision & { readonly check: RoutingCheck },
  governance: Governance,
): Promise<RoutingOutcome> {
  const { draft, verdict: offPolicy } = check;
  const { explanations, judgeDrifts } = decided;
  const parent = draft === null ? null : await readPolicy(deps.database, run.projectId, parentId);
  if (draft === null || parent === null)
    return { type: 'nothing', reason, explanations, judgeDrifts, published: null, offPolicy };
  const published = await publishDraft(deps, parent, draft, { governance, mode: governance.weights, run });
  return { type: 'proposed', reason: null, explanations, judgeDrifts, published, offPolicy };
}
