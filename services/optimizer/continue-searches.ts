import type { Database } from '#shared/database/connect.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import {
  type PromptRun,
  readPromptRuns,
  readPromptRunsOf,
  wasPrefixTurnedDown,
} from '#shared/database/prompt-run-store.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import {
  type ConsideredCell,
  FAILURE_WINDOW_MS,
  type Night,
  type ProposePrefixDeps,
  type ProposePrefixOptions,
} from './begin-searches.ts';
import { attachPrefix, prefixOf } from './prompts/attach-prefix.ts';
import { advanceRun } from './prompts/runs/advance-run.ts';
import { type RunResult, runResultSchema } from './prompts/runs/run-result.ts';
import { runSettingsSchema, type SearchCell } from './prompts/runs/run-settings.ts';

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
