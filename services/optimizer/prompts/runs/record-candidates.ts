import type { Database } from '#shared/database/connect.ts';
import { storePrefix } from '#shared/database/policy-store.ts';
import type { PromptRun } from '#shared/database/prompt-run-store.ts';
import { type PromptCandidate, writeCandidates } from '#shared/database/prompts/candidate-store.ts';
import type { PromptSearchResult } from '../contract/search-result.ts';
import { prefixText } from './build-task.ts';
import type { RunSettings } from './run-settings.ts';

/** Candidates and where they came from, under the ids of their texts. */
export async function recordCandidates(
  database: Database,
  run: PromptRun,
  settings: RunSettings,
  found: PromptSearchResult,
): Promise<ReadonlyMap<string, string>> {
  const { projectId, clusterId, promptRunId } = run;
  const ids = new Map<string, string>();
  const candidates: PromptCandidate[] = [];
  for (const entry of found.history) {
    const body = prefixText(entry.prompt);
    const parents = entry.parents.flatMap((parent) => ids.get(parent) ?? []);
    const parentId = parents[0] === NO_PREFIX ? null : (parents[0] ?? run.seedPrefixId);
    const author = settings.author;
    const prefixId =
      body === '' ? NO_PREFIX : await storePrefix(database, { projectId, body, parentId, clusterId, author });
    ids.set(entry.id, prefixId);
    const { selectScore, operator, index: position } = entry;
    candidates.push({
      ...{ prefixId, position, parents, operator, problem: null },
      ...{ mean: selectScore?.mean ?? null, evaluations: selectScore?.rows ?? 0 },
    });
  }
  await writeCandidates(database, { projectId, promptRunId }, candidates);
  return ids;
}

/** As what the empty prefix stands in lineages. */
const NO_PREFIX = 'none';
