import type { Database } from './connect.ts';

/** USD that judges have spent or reserved on a day, together. */
export async function readSpentToday(
  database: Database,
  projectId: string,
  day: string,
  judges: readonly string[],
): Promise<number> {
  if (judges.length === 0) return 0;
  const row = await database
    .selectFrom('judgeSpend')
    .select((build) => [
      build.fn.sum<number | null>('spentUsd').as('spent'),
      build.fn.sum<number | null>('reservedUsd').as('reserved'),
    ])
    .where('projectId', '=', projectId)
    .where('day', '=', day)
    .where('judge', 'in', [...judges])
    .executeTakeFirst();
  return Number(row?.spent ?? 0) + Number(row?.reserved ?? 0);
}
