import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** Whose calls are erased: those of one session, developer or key, or all that began before a moment. */
export type PurgeTarget =
  | { readonly kind: 'session' | 'developer' | 'key'; readonly value: string }
  | { readonly kind: 'before'; readonly before: Date };

/** What stands in the store of a request to erase. It names nobody: who has no key of the project learns nothing of it. */
export interface Erasure {
  readonly kind: PurgeTarget['kind'];
  readonly valueHash: Buffer | null;
  /** Unix milliseconds; later calls are not meant. */
  readonly startedBefore: number;
}

/** What of a call says whether it is meant. */
export interface ErasableCall {
  readonly startedAt: number;
  readonly sessionId: string | null;
  readonly developer: string | null;
  readonly keyId: string | null;
}

/** The value as an erasure keeps it. */
export function erasureHash(projectKey: Buffer, kind: 'session' | 'developer' | 'key', value: string): Buffer {
  return createHmac('sha256', projectKey)
    .update(`erasure\u0000${kind}\u0000${storableText(value)}`)
    .digest();
}

/** Erasures that may concern a call which is still on its way. */
export async function readErasures(database: Database, projectId: string): Promise<readonly Erasure[]> {
  const rows = await database
    .selectFrom('erasure')
    .select(['kind', 'valueHash', 'startedBefore'])
    .where('projectId', '=', storableText(projectId))
    .execute();
  return rows.map(({ kind, valueHash, startedBefore }) => ({
    kind: kind as Erasure['kind'],
    valueHash,
    startedBefore: startedBefore.getTime(),
  }));
}

export function isErased(projectKey: Buffer, erasures: readonly Erasure[], call: ErasableCall): boolean {
  const values = { session: call.sessionId, developer: call.developer, key: call.keyId };
  return erasures.some(({ kind, valueHash, startedBefore }) => {
    if (call.startedAt >= startedBefore) return false;
    if (kind === 'before') return true;
    const value = values[kind];
    return value !== null && valueHash !== null && erasureHash(projectKey, kind, value).equals(valueHash);
  });
}

/**
 * Keeps everything from being erased until the transaction ends. What was read of the store under another generation
 * than the one returned may be gone.
 */
export async function holdErasures(transaction: Database): Promise<number> {
  const { rows } = await sql<{ generation: number }>`SELECT hold_erasures() AS generation`.execute(transaction);
  return rows[0]?.generation ?? 0;
}

/** Keeps all writers of calls and scores away until the transaction ends, and voids what they remember of the store. */
export async function beginErasing(transaction: Database): Promise<void> {
  await sql`SELECT begin_erasing()`.execute(transaction);
}

/** The present generation, by which a process that writes nothing learns that something was erased. */
export async function readErasureGeneration(database: Database): Promise<number> {
  const { rows } = await sql<{ generation: number }>`
    SELECT last_value AS generation FROM erasure_generation`.execute(database);
  return rows[0]?.generation ?? 0;
}

/** Whether a call is gone because somebody has asked for it. */
export async function isCallErased(database: Database, projectId: string, callId: string): Promise<boolean> {
  const row = await database
    .selectFrom('erasedCall')
    .select('callId')
    .where('projectId', '=', projectId)
    .where('callId', '=', callId)
    .executeTakeFirst();
  return row !== undefined;
}
