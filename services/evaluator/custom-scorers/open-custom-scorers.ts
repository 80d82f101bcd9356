import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { CustomScorer } from './custom-scorer.ts';
import { createHttpScorer } from './http-scorer.ts';
import { openScorerFile, type ScorerFileDeps } from './scorer-file.ts';

/** Files that hold scorers; what a scorer imports may lie in folders beside them. */
const SCORER_FILE = /^[^.].*\.(?:ts|mts|js|mjs)$/;

/**
 * Opens the scorers of the operator's own: those in files of a folder, in the order of their names, then those that
 * answer over HTTP. A file that cannot be loaded, or takes an id that is taken, is left out and logged: one broken file
 * must not keep an evaluator from scoring.
 *
 * @param folder need not exist
 */
export async function openCustomScorers(
  deps: ScorerFileDeps,
  config: Pick<TrimtabConfig, 'scorers' | 'scoring'>,
  folder: string,
): Promise<readonly CustomScorer[]> {
  const { scorerTimeoutMs: timeoutMs, scorerMemoryMb: memoryMb } = config.scoring;
  const opened: CustomScorer[] = [];
  for (const name of await scorerFilesIn(folder)) {
    const path = join(folder, name);
    try {
      opened.push(await openScorerFile(deps, path, { timeoutMs, memoryMb }));
    } catch (error) {
      deps.log.error({ path, reason: error instanceof Error ? error.message : String(error) }, 'scorer file left out');
    }
  }
  const overHttp = config.scorers.map((scorer) =>
    createHttpScorer({ fetch: createGuardedFetch(scorer.network), now: deps.now }, scorer),
  );
  return await withoutDoubles(deps, [...opened, ...overHttp]);
}

async function scorerFilesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && SCORER_FILE.test(entry.name) && !entry.name.includes('.test.'))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

/** Two scorers of one id would write one row, and nobody could say whose it is. */
async function withoutDoubles(
  deps: ScorerFileDeps,
  scorers: readonly CustomScorer[],
): Promise<readonly CustomScorer[]> {
  const byId = new Map<string, CustomScorer>();
  for (const scorer of scorers) {
    if (!byId.has(scorer.id)) {
      byId.set(scorer.id, scorer);
      continue;
    }
    deps.log.error({ scorer: scorer.id }, 'scorer left out: another one has its id');
    await scorer.close();
  }
  return [...byId.values()];
}
