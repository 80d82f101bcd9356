import { sql } from 'kysely';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** What is cached under these keys; parse the values, they are as old as they may be. */
export async function readEvaluations(
  database: Database,
  projectId: string,
  cacheKeys: readonly string[],
): Promise<readonly (readonly [string, unknown])[]> {
  if (cacheKeys.length === 0) return [];
  const rows = await database
    .selectFrom('evaluationCache')
    .select(['cacheKey', 'value'])
    .where('projectId', '=', projectId)
    .where(sql<boolean>`cache_key = ANY(${[...cacheKeys]}::text[])`)
    .execute();
  return rows.map(({ cacheKey, value }) => [cacheKey, value] as const);
}

/** Keeps an evaluation that quotes no call; equal keys have equal values, so the first stays. */
export async function writeEvaluationIfNew(
  database: Database,
  projectId: string,
  cacheKey: string,
  value: unknown,
): Promise<void> {
  await database
    .insertInto('evaluationCache')
    .values({ projectId, cacheKey, value: jsonText(value) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
