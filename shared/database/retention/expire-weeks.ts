import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** How long things are kept, milliseconds; null for ever. */
export interface Retention {
  /** What was said: requests, replies, raw replies. */
  readonly contentMs: number | null;
  /** Calls with their scores and everything else that is known of them. */
  readonly callsMs: number | null;
}

export type ExpiredWhat = 'content' | 'calls';

/** A week whose time is over, and what became of it: `unscored` ones wait for their scores. */
export interface OverdueWeek {
  /** Its Monday. */
  readonly week: string;
  readonly what: ExpiredWhat;
  readonly outcome: 'dropped' | 'empty' | 'young' | 'unscored';
}

export interface StoredWeek {
  readonly week: string;
  readonly hasContent: boolean;
  readonly hasCalls: boolean;
}

const WEEK_MS = 7 * 24 * 3_600 * 1_000;

/** Drops the weeks whose last day is older than what is kept, oldest first. Safe to run at any time, and twice at once. */
export async function expireWeeks(
  database: Database,
  projectId: string,
  retention: Retention,
  nowMs: number,
): Promise<readonly OverdueWeek[]> {
  const done: OverdueWeek[] = [];
  for (const { week, what } of overdueWeeks(await readWeeks(database), retention, nowMs)) {
    const { rows } = await sql<{ outcome: OverdueWeek['outcome'] }>`
      SELECT expire_week(${projectId}, ${week}::date, ${what}) AS outcome`.execute(database);
    done.push({ week, what, outcome: rows[0]?.outcome ?? 'empty' });
  }
  return done;
}

/** The weeks that there are partitions of, oldest first. */
export async function readWeeks(database: Database): Promise<readonly StoredWeek[]> {
  const { rows } = await sql<StoredWeek>`
    SELECT to_date(right(child.relname, 7), 'IYYY"w"IW') AS week,
      bool_or(parent.relname = 'block') AS has_content, bool_or(parent.relname = 'call') AS has_calls
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname IN ('block', 'call') AND parent.relkind = 'p' AND child.relname ~ '_[0-9]{4}w[0-9]{2}$'
    GROUP BY 1 ORDER BY 1`.execute(database);
  return rows;
}

/** Pure. A week is over for what it holds when its last day is older than the time that this is kept. */
export function overdueWeeks(
  weeks: readonly StoredWeek[],
  { contentMs, callsMs }: Retention,
  nowMs: number,
): readonly Pick<OverdueWeek, 'week' | 'what'>[] {
  return weeks.flatMap(({ week, hasContent, hasCalls }): Pick<OverdueWeek, 'week' | 'what'>[] => {
    const endsAtMs = Date.parse(`${week}T00:00:00Z`) + WEEK_MS;
    const isOver = (keptMs: number | null) => keptMs !== null && endsAtMs + keptMs <= nowMs;
    if (hasCalls && isOver(callsMs)) return [{ week, what: 'calls' }];
    return hasContent && isOver(contentMs) ? [{ week, what: 'content' }] : [];
  });
}

/** What retention has dropped of a project so far. */
export interface RetentionState {
  readonly contentWeeks: number;
  readonly callWeeks: number;
  readonly lastDroppedAt: Date | null;
}

export async function readRetentionState(database: Database, projectId: string): Promise<RetentionState> {
  const { rows } = await sql<RetentionState>`
    SELECT count(*) FILTER (WHERE what = 'content') AS content_weeks,
      count(*) FILTER (WHERE what = 'calls') AS call_weeks, max(expired_at) AS last_dropped_at
    FROM expired_week WHERE project_id = ${projectId}`.execute(database);
  return rows[0] ?? { contentWeeks: 0, callWeeks: 0, lastDroppedAt: null };
}

/** Whether the content of a week was dropped, so that its calls refer to what is not there any more. */
export async function isContentExpired(database: Database, projectId: string, week: string): Promise<boolean> {
  const row = await database
    .selectFrom('expiredWeek')
    .select('week')
    .where('projectId', '=', projectId)
    .where('week', '=', week)
    .where('what', '=', 'content')
    .executeTakeFirst();
  return row !== undefined;
}
