import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { scanSegment } from '#shared/spool/scan-segment.ts';
import type { ClientCall } from './load.ts';

/** A killed worker's jobs are locked for 30 s, and looked for every 15 s; the rest is for a machine that others use. */
const SETTLED_WITHIN_MS = 120_000;
const SETTLED_POLL_MS = 200;

/** A call that the gateway took to an end. An error without a call id is a refusal: nothing was taken. */
export function wasAnswered({ outcome, callId }: ClientCall): boolean {
  return outcome === 'ok' || (outcome === 'error' && callId !== null);
}

export function spoolFolderOf(dataDir: string): string {
  return join(dataDir, 'gateway', 'spool');
}

/** Calls whose record is in the segments of a spool, which no process has open. */
export function recordsOnDisk(folder: string): readonly string[] {
  const segments = readdirSync(folder).filter((name) => name.endsWith('.segment'));
  const frames = segments.flatMap((name) => scanSegment(readFileSync(join(folder, name))).frames);
  return frames.filter(({ type }) => type === 'record').map(({ callId }) => callId);
}

export async function storedCallIds(database: Database): Promise<ReadonlySet<string>> {
  const rows = await database.selectFrom('call').select('callId').execute();
  return new Set(rows.map(({ callId }) => callId));
}

/** Answered, as its client has it in writing, and not in the table. */
export async function missingCalls(database: Database, calls: readonly ClientCall[]): Promise<readonly ClientCall[]> {
  const stored = await storedCallIds(database);
  return calls.filter((call) => wasAnswered(call) && (call.callId === null || !stored.has(call.callId)));
}

/**
 * Returns when nothing is pending and every call has had both passes, or when the time for it is over.
 *
 * @returns whether it came to rest
 */
export async function waitUntilSettled(
  database: Database,
  calls: readonly ClientCall[],
  withinMs: number = SETTLED_WITHIN_MS,
): Promise<boolean> {
  const answered = calls.filter(wasAnswered).length;
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const conservation = await readConservation(database, 'default');
    const { rows } = await sql<{ missing: number }>`
      SELECT 2 * (SELECT count(*) FROM call) - (SELECT count(*) FROM scoring_run) AS missing`.execute(database);
    if (conservation.pending === 0 && rows[0]?.missing === 0 && conservation.answered >= answered) return true;
    await delay(SETTLED_POLL_MS);
  }
  return false;
}
