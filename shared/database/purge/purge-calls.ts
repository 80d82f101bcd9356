import { sql } from 'kysely';
import { appendAudit } from '../audit-log.ts';
import type { Database } from '../connect.ts';
import { type ErasedCounts, eraseCalls } from './erase-calls.ts';
import { beginErasing, erasureHash, type PurgeTarget } from './erasure.ts';
import { type MeantCalls, nextMeantCalls } from './meant-calls.ts';
import type { PurgeCounts } from './preview-purge.ts';
import { readBlockKey } from './read-block-key.ts';
import { sweepContent, unsweptWeeks } from './sweep-content.ts';
import { vacuumTables } from './vacuum-tables.ts';

export interface PurgeOptions {
  readonly projectId: string;
  readonly target: PurgeTarget;
  /** As the audit log names who asked. */
  readonly actor: string;
  readonly onProgress?: (progress: PurgeProgress) => void;
  /** Stops between two steps. What is asked for stays asked for; the same purge again does the rest. */
  readonly signal?: AbortSignal;
}

export type PurgeProgress =
  | { readonly step: 'calls'; readonly calls: number }
  | { readonly step: 'content'; readonly week: string; readonly blocks: number }
  | { readonly step: 'vacuum' };

export interface PurgeReport extends PurgeCounts {
  /** Calls that begin from then on are not meant. */
  readonly startedBefore: Date;
  /** Tables whose dead rows PostgreSQL has given up; empty where the login does not own them. */
  readonly vacuumed: readonly string[];
}

/** Calls of one transaction: writers of calls and scores wait for it. */
const BATCH_CALLS = 500;
const DEADLOCK = '40P01';
const DEADLOCK_TRIES_MAX = 5;
const NOTHING: ErasedCounts = { calls: 0, sessions: 0, scores: 0, examples: 0, replays: 0, deadLetters: 0 };

/**
 * Erases calls and all that comes of them. What is on its way, in spools, queues and retries, is left out when it
 * arrives, because the request itself is stored first. Safe to repeat, and to go on with after a stop.
 */
export async function purgeCalls(database: Database, options: PurgeOptions): Promise<PurgeReport> {
  const { projectId, target, onProgress, signal } = options;
  const startedBefore = await requestErasure(database, projectId, target);
  const meant = { projectId, target, startedBefore };
  const erased = await eraseAll(database, meant, options);
  let blocks = 0;
  for (const week of await unsweptWeeks(database, projectId)) {
    signal?.throwIfAborted();
    blocks += await withoutTimeLimit(database, (connection) => sweepContent(connection, { projectId, week }));
    onProgress?.({ step: 'content', week, blocks });
  }
  signal?.throwIfAborted();
  onProgress?.({ step: 'vacuum' });
  const vacuumed = await withoutTimeLimit(database, vacuumTables);
  const counts = { ...erased, blocks };
  await appendAudit(database, {
    projectId,
    action: 'calls.purged',
    actor: options.actor,
    subject: target.kind,
    reason: 'asked for',
    details: { ...counts, startedBefore: startedBefore.toISOString() },
  });
  return { ...counts, startedBefore, vacuumed };
}

async function requestErasure(database: Database, projectId: string, target: PurgeTarget): Promise<Date> {
  return await database.transaction().execute(async (transaction) => {
    await beginErasing(transaction);
    const blockKey = await readBlockKey(transaction, projectId);
    const valueHash = target.kind === 'before' ? null : erasureHash(blockKey, target.kind, target.value);
    const startedBefore = target.kind === 'before' ? sql<Date>`${target.before}` : sql<Date>`clock_timestamp()`;
    const row = await transaction
      .insertInto('erasure')
      .values({ projectId, kind: target.kind, valueHash, startedBefore })
      .returning('startedBefore')
      .executeTakeFirstOrThrow();
    return row.startedBefore;
  });
}

async function eraseAll(
  database: Database,
  meant: MeantCalls,
  { onProgress, signal }: Pick<PurgeOptions, 'onProgress' | 'signal'>,
): Promise<ErasedCounts> {
  let counts = NOTHING;
  let after: string | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const callIds: readonly string[] = await nextMeantCalls(database, meant, after, BATCH_CALLS);
    if (callIds.length === 0) return counts;
    counts = sum(counts, await withoutDeadlock(() => eraseCalls(database, meant.projectId, callIds)));
    after = callIds.at(-1) ?? null;
    onProgress?.({ step: 'calls', calls: counts.calls });
  }
}

/** A writer that holds a row and waits for the purge, while the purge waits for the row: PostgreSQL ends one of them. */
async function withoutDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && error.code === DEADLOCK;
      if (!isDeadlock || attempt >= DEADLOCK_TRIES_MAX) throw error;
    }
  }
}

/** One connection, on which statements may take as long as they need. */
async function withoutTimeLimit<T>(database: Database, work: (connection: Database) => Promise<T>): Promise<T> {
  return await database.connection().execute(async (connection) => {
    await sql`SET statement_timeout = 0`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`RESET statement_timeout`.execute(connection);
    }
  });
}

function sum(left: ErasedCounts, right: ErasedCounts): ErasedCounts {
  return {
    calls: left.calls + right.calls,
    sessions: left.sessions + right.sessions,
    scores: left.scores + right.scores,
    examples: left.examples + right.examples,
    replays: left.replays + right.replays,
    deadLetters: left.deadLetters + right.deadLetters,
  };
}
