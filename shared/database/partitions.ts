import { sql } from 'kysely';
import { timeOfUuidV7 } from '../domain/call-id.ts';
import type { Database } from './connect.ts';

const DAY_MS = 24 * 3_600 * 1_000;
/** 1970-01-05, the first Monday of Unix time. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** The Monday (UTC) of the ISO week of a moment, as `YYYY-MM-DD`: the partition of content. */
export function weekOf(atMs: number): string {
  const weeks = Math.floor((atMs - FIRST_MONDAY_MS) / (7 * DAY_MS));
  return new Date(FIRST_MONDAY_MS + weeks * 7 * DAY_MS).toISOString().slice(0, 10);
}

/** The week of a call, from the start time in its id. Its content lies in the same week. */
export function weekOfCall(callId: string): string {
  return weekOf(timeOfUuidV7(callId));
}

export interface PartitionMaker {
  (weeks: Iterable<string>): Promise<void>;
  /** Weeks may have been dropped meanwhile. */
  forget(): void;
}

/** Makes the partitions of weeks that were not asked for before; a process meets a new week once a week. */
export function createPartitionMaker(database: Database): PartitionMaker {
  const made = new Set<string>();
  const ensure = async (weeks: Iterable<string>) => {
    for (const week of weeks) {
      if (made.has(week)) continue;
      await sql`SELECT ensure_week_partitions(${week}::date)`.execute(database);
      made.add(week);
    }
  };
  return Object.assign(ensure, { forget: () => made.clear() });
}
