import { sql } from 'kysely';
import type { Database } from '../connect.ts';

interface PausedProvider {
  readonly projectId: string;
  /** As what the provider stands among those that are kept to a pace. */
  readonly judge: string;
}

/** Until when nothing may be sent, because the provider said so; null when it may. */
export async function readPause(database: Database, at: PausedProvider): Promise<Date | null> {
  const row = await database
    .selectFrom('judgePace')
    .select('closedUntil')
    .where('projectId', '=', at.projectId)
    .where('judge', '=', at.judge)
    .executeTakeFirst();
  return row?.closedUntil ?? null;
}

/** Sends nothing until a moment; never shorter than it is paused already. */
export async function pauseUntil(database: Database, at: PausedProvider, until: Date): Promise<void> {
  await database
    .insertInto('judgePace')
    .values({ ...at, minute: new Date(0), requests: 0, closedUntil: until })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'judge'])
        .doUpdateSet({ closedUntil: sql<Date>`greatest(judge_pace.closed_until, excluded.closed_until)` }),
    )
    .execute();
}
