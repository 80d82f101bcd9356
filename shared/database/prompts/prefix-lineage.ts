import type { Database } from '../connect.ts';
import { type PrefixOrigin, readPrefixOrigins } from './candidate-store.ts';

/** One prefix of a lineage, with the searches that it was a candidate of. */
export interface LineageStep {
  readonly prefixId: string;
  readonly body: string;
  readonly author: string;
  readonly createdAt: Date;
  readonly parentId: string | null;
  readonly clusterId: string | null;
  readonly origins: readonly PrefixOrigin[];
}

/** Generations shown; a prefix of more has come a long way. */
const GENERATIONS_MAX = 50;

/** A prefix and those that it was made from, the youngest first; empty when there is none of that id. */
export async function readPrefixLineage(
  database: Database,
  projectId: string,
  prefixId: string,
): Promise<readonly LineageStep[]> {
  const steps: LineageStep[] = [];
  const seen = new Set<string>();
  let next: string | null = prefixId;
  while (next !== null && !seen.has(next) && steps.length < GENERATIONS_MAX) {
    seen.add(next);
    const row: Omit<LineageStep, 'origins'> | undefined = await database
      .selectFrom('prefix')
      .select(['prefixId', 'body', 'author', 'createdAt', 'parentId', 'clusterId'])
      .where('projectId', '=', projectId)
      .where('prefixId', '=', next)
      .executeTakeFirst();
    if (row === undefined) break;
    steps.push({ ...row, origins: await readPrefixOrigins(database, projectId, row.prefixId) });
    next = row.parentId;
  }
  return steps;
}

/** The id of a prefix by the start of one; null when there is none, or several. */
export async function findPrefixId(database: Database, projectId: string, start: string): Promise<string | null> {
  if (!/^[0-9a-f]{8,64}$/.test(start)) return null;
  const rows = await database
    .selectFrom('prefix')
    .select('prefixId')
    .where('projectId', '=', projectId)
    .where('prefixId', 'like', `${start}%`)
    .limit(2)
    .execute();
  return rows.length === 1 ? (rows[0]?.prefixId ?? null) : null;
}
