import { sql } from 'kysely';
import type { Database } from './connect.ts';

const MINUTE_MS = 60_000;
/** The largest that the column holds. */
const INTEGER_MAX = 2_147_483_647;

/**
 * Takes one of a judge's requests of this minute, for all evaluators together.
 *
 * @param perMinute null for a judge without a limit of ours
 * @returns milliseconds to wait before another try; 0 when the request may be sent now
 */
export async function takeJudgeTurn(
  database: Database,
  at: { readonly projectId: string; readonly judge: string },
  now: Date,
  perMinute: number | null,
): Promise<number> {
  const minute = new Date(Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS);
  const taken = await database
    .insertInto('judgePace')
    .values({ ...at, minute, requests: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'judge'])
        .doUpdateSet({
          minute,
          requests: sql<number>`CASE WHEN judge_pace.minute < excluded.minute THEN 1 ELSE judge_pace.requests + 1 END`,
        })
        .where((build) =>
          build.and([
            build.or([build('judgePace.closedUntil', 'is', null), build('judgePace.closedUntil', '<=', now)]),
            build.or([
              build('judgePace.minute', '<', minute),
              build('judgePace.requests', '<', perMinute ?? INTEGER_MAX),
            ]),
          ]),
        ),
    )
    .returning('judge')
    .execute();
  if (taken.length > 0) return 0;
  const row = await database
    .selectFrom('judgePace')
    .select('closedUntil')
    .where('projectId', '=', at.projectId)
    .where('judge', '=', at.judge)
    .executeTakeFirst();
  const closedMs = (row?.closedUntil?.getTime() ?? 0) - now.getTime();
  return Math.max(1, closedMs > 0 ? closedMs : minute.getTime() + MINUTE_MS - now.getTime());
}

/** Holds a judge back until a moment, because its provider said so; never less long than it is held already. */
export async function closeJudgeUntil(
  database: Database,
  at: { readonly projectId: string; readonly judge: string },
  until: Date,
): Promise<void> {
  await database
    .updateTable('judgePace')
    .set({ closedUntil: sql<Date>`greatest(closed_until, ${until})` })
    .where('projectId', '=', at.projectId)
    .where('judge', '=', at.judge)
    .execute();
}
