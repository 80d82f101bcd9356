import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Call } from '../domain/call.ts';
import { timeOfUuidV7 } from '../domain/call-id.ts';
import type { CallRecord } from '../domain/call-record.ts';
import type { OfferedCall } from '../domain/offered-call.ts';
import { TrimtabError } from '../errors.ts';
import { callRowOf } from './call-row.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { encodeArrivingCall } from './encode-arriving-call.ts';
import { type Continuation, findContinuedCalls } from './find-continued-calls.ts';
import { columnName, type InsertShape, insertRows } from './insert-rows.ts';
import { createPartitionMaker, weekOfCall } from './partitions.ts';
import { createArrivingErasures } from './purge/arriving-erasures.ts';
import { holdErasures } from './purge/erasure.ts';
import { readBlockKey } from './purge/read-block-key.ts';
import { createRequestMemories } from './request-memories.ts';
import { resolveSessions } from './resolve-sessions.ts';
import { addCallsToSessions } from './session-store.ts';
import type { EncodedTranscript } from './transcript/encode-transcript.ts';
import { createTranscriptStore, type TranscriptEntry } from './transcript-store.ts';

/** A call as it stands in the store, whether this delivery put it there or an earlier one. */
export interface StoredCallRef {
  readonly projectId: string;
  readonly callId: string;
  readonly source: Call['source'];
  readonly sessionId: string;
  readonly keyId?: string | null;
  /** The call that this one continues. */
  readonly parentCallId: string | null;
  /** False when it was stored before. */
  readonly isNew: boolean;
}

export interface CallStore {
  /**
   * Encodes a record that will be stored soon, so that it can be done while the store is at work on others. True when
   * `store` does not look into its content any more; what cannot be encoded is left to `store`, which says why.
   */
  prepare?(record: CallRecord | OfferedCall): Promise<boolean>;
  /**
   * Stores calls with their content and sessions in one transaction; calls that are stored already stay as they are,
   * and calls that somebody has asked to erase are left out, and counted as erased.
   * Throws `invalid_request` for a record that can never be stored, `not_found` for one of an unknown project, and
   * PostgreSQL's own errors.
   *
   * @param within more statements of the same transaction
   */
  store(
    records: readonly (CallRecord | OfferedCall)[],
    within?: (transaction: Database, stored: readonly StoredCallRef[]) => Promise<void>,
  ): Promise<readonly StoredCallRef[]>;
}

/** The id of a call carries its start time. More than this between the two is a mistake or a forgery. */
const START_TIME_TOLERANCE_MS = 24 * 3_600 * 1_000;
const EARLIEST_START_MS = Date.UTC(2020, 0, 1);
const LATEST_START_MS = Date.UTC(2100, 0, 1);

interface EncodedCall {
  readonly call: Call;
  readonly transcript: EncodedTranscript;
}

export function createCallStore(database: Database): CallStore {
  const transcripts = createTranscriptStore();
  const ensurePartitions = createPartitionMaker(database);
  const memories = createRequestMemories();
  const erasures = createArrivingErasures();
  const projectKeys = new Map<string, Buffer>();
  const prepared = new WeakMap<CallRecord | OfferedCall, EncodedCall>();
  let generation = 0;

  /** What this process remembers of the store is worth nothing once something was removed from it. */
  async function forget(transaction: Database, weeks: ReadonlySet<string>): Promise<void> {
    memories.clear();
    erasures.forget();
    ensurePartitions.forget();
    for (const week of weeks) await sql`SELECT ensure_week_partitions(${week}::date)`.execute(transaction);
  }

  async function projectKeyOf(projectId: string): Promise<Buffer> {
    const known = projectKeys.get(projectId);
    if (known !== undefined) return known;
    const key = await readBlockKey(database, projectId);
    projectKeys.set(projectId, key);
    return key;
  }

  async function encode(record: CallRecord | OfferedCall): Promise<EncodedCall> {
    const known = prepared.get(record);
    if (known !== undefined) return known;
    // A long history takes milliseconds when it is new, and the same thread writes to the disk.
    await nextTurn();
    const encoded = await encodeNow(record);
    prepared.set(record, encoded);
    return encoded;
  }

  async function encodeNow(record: CallRecord | OfferedCall): Promise<EncodedCall> {
    const { call } = record;
    assertStartTime(call);
    const projectKey = await projectKeyOf(call.projectId);
    try {
      const sessionId = storableText(call.sessionId);
      const transcript = encodeArrivingCall(projectKey, record, memories);
      return { call: { ...call, sessionId }, transcript };
    } catch (cause) {
      throw cause instanceof TrimtabError
        ? cause
        : new TrimtabError('invalid_request', 'content of a call cannot be encoded', { cause });
    }
  }

  return {
    async prepare(record) {
      const encoded = await encode(record).catch(() => null);
      if (encoded === null) return false;
      // What cannot be packed now is packed when its turn comes, or fails there.
      await transcripts.prepare(entryOf(encoded), generation).catch(() => {});
      return true;
    },
    async store(records, within) {
      const encoded = new Map<string, EncodedCall>();
      for (const record of records) {
        encoded.set(`${record.call.callId} ${record.call.projectId}`, await encode(record));
      }
      const all = [...encoded.values()];
      const weeks = new Set(all.map(({ call }) => weekOfCall(call.callId)));
      await ensurePartitions(weeks);
      const { stored, remember } = await database.transaction().execute(async (transaction) => {
        const held = await holdErasures(transaction);
        if (held !== generation) await forget(transaction, weeks);
        generation = held;
        const calls = await erasures.takeOut(transaction, all, projectKeyOf);
        const rememberBlocks = await transcripts.store(transaction, calls.map(entryOf), held);
        const refs = await insertCalls(transaction, calls);
        await within?.(transaction, refs);
        return { stored: refs, remember: rememberBlocks };
      });
      remember();
      return stored;
    },
  };
}

function entryOf({ call, transcript }: EncodedCall): TranscriptEntry {
  return { projectId: call.projectId, week: weekOfCall(call.callId), transcript };
}

function assertStartTime(call: Call): void {
  const { startedAt } = call;
  const isOfItsTime = Math.abs(timeOfUuidV7(call.callId) - startedAt) <= START_TIME_TOLERANCE_MS;
  if (isOfItsTime && startedAt >= EARLIEST_START_MS && startedAt <= LATEST_START_MS) return;
  throw new TrimtabError('invalid_request', 'call id does not carry a plausible start time of the call');
}

async function insertCalls(transaction: Database, calls: readonly EncodedCall[]): Promise<StoredCallRef[]> {
  if (calls.length === 0) return [];
  const known = await readKnownCalls(transaction, calls);
  const continued = await findContinuedCalls(transaction, calls.flatMap(questionOf));
  const resolved = resolveSessions(
    calls.map(({ call, transcript }) => ({
      call,
      responseNode: transcript.responseNode,
      continuedNode: transcript.continuedNode,
      toolUseKey: transcript.toolUseKey,
      continuedToolUseKey: transcript.continuedToolUseKey,
      continued: continued.get(call.callId),
      stored: known.get(callKey(call)),
    })),
  );
  const rows = resolved.flatMap((call, index) => {
    const transcript = calls[index]?.transcript;
    return transcript === undefined || known.has(callKey(call)) ? [] : [callRowOf(call, transcript)];
  });
  const inserted = await insertCallRows(transaction, rows);
  await addCallsToSessions(
    transaction,
    resolved.filter((call) => inserted.has(callKey(call))),
  );
  return resolved.map((call) => ({
    projectId: call.projectId,
    callId: call.callId,
    source: call.source,
    sessionId: call.sessionId,
    keyId: call.keyId,
    parentCallId: call.parentCallId,
    isNew: inserted.has(callKey(call)),
  }));
}

async function insertCallRows(
  transaction: Database,
  rows: readonly ReturnType<typeof callRowOf>[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const names = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
  const shape: InsertShape = {
    table: 'call',
    columns: names.map(columnName),
    suffix: 'ON CONFLICT (call_id, project_id) DO NOTHING RETURNING call_id, project_id',
  };
  const values = rows.map((row) => names.map((name) => row[name]));
  const inserted = await insertRows<{ callId: string; projectId: string }>(transaction, shape, values);
  return new Set(inserted.map(callKey));
}

function questionOf({ call, transcript }: EncodedCall): Continuation[] {
  const { projectId, callId, sessionId, keyId } = call;
  const { continuedNode: node, continuedToolUseKey: toolUseKey } = transcript;
  return node === null ? [] : [{ projectId, callId, sessionId, keyId, node, toolUseKey }];
}

async function readKnownCalls(transaction: Database, calls: readonly EncodedCall[]) {
  const rows = await transaction
    .selectFrom('call')
    .select(['callId', 'projectId', 'sessionId', 'parentCallId'])
    .where('callId', '=', sql<string>`ANY(${calls.map(({ call }) => call.callId)}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [callKey(row), { sessionId: row.sessionId, parentCallId: row.parentCallId }]));
}

function callKey(call: { readonly callId: string; readonly projectId: string }): string {
  return `${call.callId} ${call.projectId}`;
}
