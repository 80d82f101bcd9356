import type { Policy } from '#shared/database/policy-store.ts';
import { type PromptRun, readPromptRuns, readPromptRunsOf } from '#shared/database/prompt-run-store.ts';
import { type FixableFailures, readFixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { prefixOf } from './prompts/attach-prefix.ts';
import type { AdvanceRunDeps } from './prompts/runs/advance-run.ts';
import { earlierSearchOf } from './prompts/runs/earlier-searches.ts';
import { openRun } from './prompts/runs/open-run.ts';
import { type PickedCell, pickClusters } from './prompts/runs/pick-clusters.ts';
import { planRun } from './prompts/runs/plan-run.ts';
import { runSettingsSchema } from './prompts/runs/run-settings.ts';
import { seedOf } from './prompts/runs/seed-of.ts';

export interface ProposePrefixDeps extends AdvanceRunDeps {
  readonly actor: string;
  /** Aborted when this process ends. */
  readonly signal: AbortSignal;
}

export interface ProposePrefixOptions {
  readonly minClusterSessions: number;
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
  readonly promptOptimizer: string;
  readonly promptClusters: number;
  readonly prefixCostMax: number;
  /** `provider/model`; null when neither a teacher nor a judge is configured. */
  readonly teacherName: string | null;
  readonly judgeMostUsd: number;
  /** A run that hears nothing of its replays for so long is given back until later. */
  readonly patienceMs: number;
}

export interface Night {
  readonly projectId: string;
  readonly runId: string;
  readonly asOf: Date;
}

/** What became of a cell that a prefix could help; every night says it of every one. */
export interface ConsideredCell {
  readonly clusterId: string;
  readonly turnShape: string;
  readonly model: string;
  readonly mass: number;
  readonly expectedGain: number;
  readonly decision: string;
  readonly budgetUsd: number;
  readonly promptRunId: string | null;
}

const DAY_MS = 86_400_000;
/** Failures of so long say what to cure now. */
export const FAILURE_WINDOW_MS = 7 * DAY_MS;
/** For how long searches are remembered: what they gained says what the next one may. */
const MEMORY_MS = 60 * DAY_MS;

/**
 * The searches of a night, begun: the cells of failures that a prefix could cure, those worth most first, each with a
 * part of the budget. Says of every cell why it was or was not taken. Safe to repeat for the same run.
 */
export async function beginSearches(
  deps: ProposePrefixDeps,
  stable: Policy,
  governance: Governance,
  options: ProposePrefixOptions,
  night: Night,
): Promise<readonly ConsideredCell[]> {
  const { database } = deps;
  const { projectId, asOf } = night;
  if (governance.prefixes === 'off') return [];
  const begun = await readPromptRunsOf(database, projectId, night.runId);
  if (begun.length > 0) return begun.flatMap(consideredRun);
  const since = new Date(asOf.getTime() - FAILURE_WINDOW_MS);
  const cells = await readFixableFailures(database, projectId, {
    ...{ since, asOf, minSessions: options.minClusterSessions },
  });
  const runs = await readPromptRuns(database, projectId, new Date(deps.now() - MEMORY_MS));
  const earlier = runs.flatMap((run) => earlierSearchOf(run, { nowMs: deps.now(), replayCalls: options.replayCalls }));
  const spent = runs
    .filter((run) => isNightly(run) && run.createdAt.getTime() > deps.now() - DAY_MS)
    .reduce((sum, run) => sum + run.costUsd, 0);
  const budgetUsd = Math.max(0, options.promptBudgetUsd - spent);
  const isServed = (cell: FixableFailures) => prefixOf(stable.body, cell) === cell.prefixId;
  const picked = pickClusters(cells, earlier, isServed, { budgetUsd, clusters: options.promptClusters });
  // All or none: a night that is killed here is begun anew.
  return await database.transaction().execute(async (transaction) => {
    const considered: ConsideredCell[] = [];
    for (const pick of picked) {
      const { decision, promptRunId } = await beginSearch(
        { ...deps, database: transaction },
        pick,
        governance,
        options,
        {
          ...{ ...night, since, budgetUsd },
        },
      );
      const { clusterId, turnShape, model } = pick.failures;
      const { mass, expectedGain } = pick;
      const cell = { clusterId, turnShape, model, mass, expectedGain, decision, promptRunId };
      considered.push({ ...cell, budgetUsd: promptRunId === null ? 0 : pick.budgetUsd });
    }
    return considered;
  });
}

async function beginSearch(
  deps: ProposePrefixDeps,
  pick: PickedCell,
  governance: Governance,
  options: ProposePrefixOptions,
  night: Night & { readonly since: Date; readonly budgetUsd: number },
): Promise<{ readonly decision: string; readonly promptRunId: string | null }> {
  const none = (decision: string) => ({ decision, promptRunId: null });
  if (pick.reason !== 'picked') return none(pick.reason);
  if (night.budgetUsd <= 0) return none('budget_spent');
  const optimizer = deps.optimizers.get(options.promptOptimizer);
  if (optimizer === undefined) return none('unknown_optimizer');
  const planned = await planRun(deps.database, governance, {
    ...{ projectId: night.projectId, failures: pick.failures, since: night.since, asOf: night.asOf, optimizer },
    ...{ budgetUsd: pick.budgetUsd, replayCalls: options.replayCalls, prefixCostMax: options.prefixCostMax },
    ...{ seed: seedOf(night.runId, pick.failures), teacher: options.teacherName, judgeMostUsd: options.judgeMostUsd },
    author: deps.actor,
  });
  if (planned.type === 'refused') return none(planned.reason);
  const { promptRunId } = await openRun(deps.database, planned, {
    ...{ projectId: night.projectId, runId: night.runId, optimizer: optimizer.name },
    seedPrefixId: pick.failures.prefixId,
  });
  return { decision: 'tried', promptRunId };
}

function consideredRun(run: PromptRun): ConsideredCell[] {
  const settings = runSettingsSchema.safeParse(run.settings).data;
  if (settings === undefined) return [];
  const { clusterId, turnShape, model, failures: mass } = settings.cell;
  const cell = { clusterId, turnShape, model, mass, expectedGain: 0, decision: 'tried' };
  return [{ ...cell, budgetUsd: settings.limits.costUsd, promptRunId: run.promptRunId }];
}

/** Searches that a person has asked for have a budget of their own. */
function isNightly(run: PromptRun): boolean {
  return runSettingsSchema.safeParse(run.settings).data?.author.startsWith('optimizer') ?? false;
}
