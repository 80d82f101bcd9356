import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** A candidate of a search. Its text is the prefix of the same id. */
export interface PromptCandidate {
  readonly prefixId: string;
  /** In the order of discovery; 0 is the seed. */
  readonly position: number;
  /** Prefix ids that it was made from. */
  readonly parents: readonly string[];
  /** The step of the optimizer that made it. */
  readonly operator: string;
  /** Why it may not be served; null when it may. */
  readonly problem: string | null;
  /** Mean score on the rows by which candidates are chosen; null while it has none. */
  readonly mean: number | null;
  readonly evaluations: number;
}

/** Where a prefix came from: the search that found it, and its text. */
export interface PrefixOrigin extends PromptCandidate {
  readonly promptRunId: string;
  readonly optimizer: string;
  readonly clusterId: string | null;
  readonly createdAt: Date;
}

/** Writes candidates with what is known of them now. */
export async function writeCandidates(
  database: Database,
  run: { readonly projectId: string; readonly promptRunId: string },
  candidates: readonly PromptCandidate[],
): Promise<void> {
  if (candidates.length === 0) return;
  await database
    .insertInto('promptCandidate')
    .values(candidates.map((candidate) => ({ ...run, ...candidate, parents: [...candidate.parents] })))
    .onConflict((conflict) =>
      conflict.columns(['promptRunId', 'prefixId']).doUpdateSet({
        mean: sql`excluded.mean`,
        evaluations: sql`excluded.evaluations`,
        problem: sql`excluded.problem`,
      }),
    )
    .execute();
}

/** All candidates of a search with their texts, in the order of discovery. */
export async function listCandidates(
  database: Database,
  projectId: string,
  promptRunId: string,
): Promise<readonly (PromptCandidate & { readonly body: string })[]> {
  const rows = await database
    .selectFrom('promptCandidate as candidate')
    .leftJoin('prefix', (join) =>
      join.onRef('prefix.projectId', '=', 'candidate.projectId').onRef('prefix.prefixId', '=', 'candidate.prefixId'),
    )
    .select(['candidate.prefixId', 'position', 'parents', 'operator', 'problem', 'mean', 'evaluations', 'body'])
    .where('candidate.projectId', '=', projectId)
    .where('candidate.promptRunId', '=', promptRunId)
    .orderBy('position')
    .execute();
  // The empty prefix, with which many searches begin, is stored nowhere.
  return rows.map((row) => ({ ...row, body: row.body ?? '' }));
}

/** The searches that a prefix was a candidate of, the one that found it first. */
export async function readPrefixOrigins(
  database: Database,
  projectId: string,
  prefixId: string,
): Promise<readonly PrefixOrigin[]> {
  const rows = await database
    .selectFrom('promptCandidate as candidate')
    .innerJoin('promptRun as run', 'run.promptRunId', 'candidate.promptRunId')
    .select(['candidate.prefixId', 'position', 'parents', 'operator', 'problem', 'mean', 'evaluations'])
    .select(['run.promptRunId', 'run.optimizer', 'run.clusterId', 'run.createdAt'])
    .where('candidate.projectId', '=', projectId)
    .where('candidate.prefixId', '=', prefixId)
    .orderBy('run.createdAt')
    .execute();
  return rows;
}
