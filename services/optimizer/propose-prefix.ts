import type { Database } from '#shared/database/connect.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import {
  type PromptRun,
  readPromptRuns,
  readPromptRunsOf,
  wasPrefixTurnedDown,
} from '#shared/database/prompt-run-store.ts';
import { type FixableFailures, readFixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { attachPrefix, prefixOf } from './prompts/attach-prefix.ts';
import { type AdvanceRunDeps, advanceRun } from './prompts/runs/advance-run.ts';
import { earlierSearchOf } from './prompts/runs/earlier-searches.ts';
import { openRun } from './prompts/runs/open-run.ts';
import { type PickedCell, pickClusters } from './prompts/runs/pick-clusters.ts';
import { planRun } from './prompts/runs/plan-run.ts';
import { type RunResult, runResultSchema } from './prompts/runs/run-result.ts';
import { runSettingsSchema, type SearchCell } from './prompts/runs/run-settings.ts';
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

interface Night {
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

/** A prefix that has passed all gates, in the policy that would serve it. */
export interface PrefixDraft {
  readonly body: PolicyBody;
  readonly promptRunId: string;
  readonly prefixId: string;
  readonly cell: SearchCell;
  readonly result: RunResult;
}

export interface EndedSearch {
  readonly promptRunId: string;
  readonly clusterId: string | null;
  readonly status: string;
  readonly reason: string;
}

export type PrefixOutcome =
  | { readonly type: 'waiting'; readonly promptRunId: string }
  | { readonly type: 'nothing'; readonly reason: string; readonly searches: readonly EndedSearch[] }
  | { readonly type: 'drafts'; readonly drafts: readonly PrefixDraft[]; readonly searches: readonly EndedSearch[] };

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

/**
 * Takes the searches of a run on, one after the other, as far as they go now. When all have ended, what they found and
 * what earlier nights found and could not roll out comes as drafts.
 */
export async function continueSearches(
  deps: ProposePrefixDeps,
  stable: Policy,
  options: Pick<ProposePrefixOptions, 'patienceMs'>,
  night: Omit<Night, 'asOf'>,
  considered: readonly ConsideredCell[],
): Promise<PrefixOutcome> {
  const { database } = deps;
  const { projectId, runId } = night;
  const ended: PromptRun[] = [];
  for (const run of await readPromptRunsOf(database, projectId, runId)) {
    const advanced = await advanceRun(deps, run, { signal: deps.signal, patienceMs: options.patienceMs });
    if (advanced.type === 'waiting') return { type: 'waiting', promptRunId: run.promptRunId };
    ended.push(advanced.run);
  }
  const since = new Date(deps.now() - FAILURE_WINDOW_MS);
  const held = (await readPromptRuns(database, projectId, since)).filter((run) => run.runId !== runId);
  const drafts: PrefixDraft[] = [];
  for (const run of [...ended, ...held]) {
    const draft = await draftOf(database, stable, run);
    if (draft !== null && !drafts.some((other) => isSameCell(other.cell, draft.cell))) drafts.push(draft);
  }
  const searches = ended.map(endedSearch);
  if (drafts.length > 0) return { type: 'drafts', drafts, searches };
  return { type: 'nothing', reason: reasonOf(searches, considered), searches };
}

/** A draft of what a search found, if it found something that is still to be had and was not turned down. */
async function draftOf(database: Database, stable: Policy, run: PromptRun): Promise<PrefixDraft | null> {
  const { promptRunId, candidatePrefixId: prefixId } = run;
  const settings = runSettingsSchema.safeParse(run.settings).data;
  const result = runResultSchema.safeParse(run.result).data;
  if (run.status !== 'accepted' || prefixId === null || settings === undefined || result === undefined) return null;
  if (await wasPrefixTurnedDown(database, run.projectId, prefixId)) return null;
  const { cell } = settings;
  const body = prefixOf(stable.body, cell) === run.seedPrefixId ? attachPrefix(stable.body, cell, prefixId) : null;
  return body === null ? null : { body, promptRunId, prefixId, cell, result };
}

function isSameCell(left: SearchCell, right: SearchCell): boolean {
  return left.turnShape === right.turnShape && left.model === right.model;
}

function endedSearch(run: PromptRun): EndedSearch {
  const { promptRunId, clusterId, status, result } = run;
  const reason = typeof result === 'object' && result !== null && 'reason' in result ? String(result.reason) : status;
  return { promptRunId, clusterId, status, reason };
}

/** The one reason that a person is told first: of the search that was worth most, else of the cell that was. */
function reasonOf(searches: readonly EndedSearch[], considered: readonly ConsideredCell[]): string {
  const [search] = searches;
  if (search !== undefined) return search.status === 'accepted' ? 'not_served_any_more' : search.reason;
  const served = considered.filter((cell) => cell.decision !== 'not_served');
  const [cell] = served.toSorted((left, right) => right.mass * right.expectedGain - left.mass * left.expectedGain);
  return cell?.decision ?? 'no_fixable_cluster';
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
