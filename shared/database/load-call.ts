import { sql } from 'kysely';
import type { Call } from '../domain/call.ts';
import { assembleCall, type CallRow, isWhole, withoutContent } from './assemble-call.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { LATER_CALLS_MAX } from './later-calls.ts';
import { weekOfCall } from './partitions.ts';
import { type Content, type ContentPlace, readBlocks, readNodes } from './read-content.ts';
import { isContentExpired } from './retention/expire-weeks.ts';
import { transcriptLayoutSchema } from './transcript/transcript-layout.ts';

/** A stored call with its content, as it was recorded. Content is null where none was captured. */
export interface StoredCall {
  readonly call: StoredCallFields;
  readonly request: Record<string, unknown> | null;
  readonly response: Record<string, unknown> | null;
  readonly upstreamRaw: string | null;
  /** True when there was content, and retention has dropped it. */
  readonly isContentExpired: boolean;
}

/** The call and its references into the transcript. */
type StoredCallFields = Call & {
  readonly transcriptHead: Buffer | null;
  readonly responseNode: Buffer | null;
  readonly upstreamRawBlock: Buffer | null;
  readonly catalogueHash: Buffer | null;
};

/** Calls of one session that are loaded at most; the newest of a longer one are left out. */
const SESSION_CALLS_MAX = 2_000;

/** A call to be loaded, and whether what continues it is wanted as well. */
export interface CallQuestion {
  readonly callId: string;
  readonly withNext: boolean;
  /** The call that continues it, null when none does; searched for when absent. */
  readonly nextCallId?: string | null;
}

export interface LoadedCall {
  /** Null when there is no such call. */
  readonly stored: StoredCall | null;
  /** The first call that continues it, which tells what became of its answer; null while there is none. */
  readonly next: StoredCall | null;
}

/** The call and its content, or null when there is no such call. */
export async function loadCall(database: Database, projectId: string, callId: string): Promise<StoredCall | null> {
  return (await loadCalls(database, projectId, [{ callId, withNext: false }]))[0]?.stored ?? null;
}

/** The first call that continues this one; null while there is none. */
export async function loadNextCall(database: Database, projectId: string, callId: string): Promise<StoredCall | null> {
  return (await loadCalls(database, projectId, [{ callId, withNext: true }]))[0]?.next ?? null;
}

/** All calls of a session, oldest first. Blocks that they share are read once. */
export async function loadSessionCalls(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<readonly StoredCall[]> {
  const rows = await database
    .selectFrom('call')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('sessionId', '=', storableText(sessionId))
    .orderBy('callId')
    .limit(SESSION_CALLS_MAX)
    .execute();
  const loaded = await loadRows(database, projectId, rows);
  return rows.flatMap((row) => loaded.get(row.callId) ?? []);
}

/** Answers in the order of the questions. However many there are, it takes four statements for each week of calls. */
export async function loadCalls(
  database: Database,
  projectId: string,
  questions: readonly CallQuestion[],
): Promise<readonly LoadedCall[]> {
  const continued = questions.filter(({ withNext }) => withNext);
  const searched = continued.filter(({ nextCallId }) => nextCallId === undefined).map(({ callId }) => callId);
  const known = continued.flatMap(({ callId, nextCallId }) =>
    nextCallId == null ? [] : [[callId, nextCallId] as const],
  );
  const [own, next] = await Promise.all([
    readRows(database, projectId, [...questions.map(({ callId }) => callId), ...known.map(([, nextId]) => nextId)]),
    readNextRows(database, projectId, searched),
  ]);
  const byId = new Map([...own, ...next].map((row) => [row.callId, row]));
  const loaded = await loadRows(database, projectId, [...byId.values()]);
  const nextOf = new Map([...known, ...next.map((row) => [row.parentCallId, row.callId] as const)]);
  const at = (callId: string | undefined) => (callId === undefined ? null : (loaded.get(callId) ?? null));
  return questions.map(({ callId, withNext }) => ({
    stored: at(callId),
    next: withNext ? at(nextOf.get(callId)) : null,
  }));
}

/** One parameter for any number of calls, so that the statement stays the same. */
function anyOf(callIds: readonly string[]) {
  return sql<string>`ANY(${[...new Set(callIds)]}::uuid[])`;
}

async function readRows(database: Database, projectId: string, callIds: readonly string[]): Promise<CallRow[]> {
  return await database
    .selectFrom('call')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('callId', '=', anyOf(callIds))
    .execute();
}

async function readNextRows(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<readonly CallRow[]> {
  if (callIds.length === 0) return [];
  const { rows } = await sql<CallRow>`
    SELECT next.* FROM call AS first CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT * FROM call WHERE project_id = first.project_id AND session_id = first.session_id
          AND call_id > first.call_id
        ORDER BY call_id LIMIT ${LATER_CALLS_MAX}
      ) AS later
      WHERE parent_call_id = first.call_id
      ORDER BY call_id LIMIT 1
    ) AS next
    WHERE first.project_id = ${projectId} AND first.call_id = ${anyOf(callIds)}`.execute(database);
  return rows;
}

async function loadRows(
  database: Database,
  projectId: string,
  rows: readonly CallRow[],
): Promise<ReadonlyMap<string, StoredCall>> {
  const loaded = new Map<string, StoredCall>();
  for (const [week, members] of Map.groupBy(rows, (row) => weekOfCall(row.callId))) {
    const content = await readContent(database, { projectId, week }, members);
    const gone = members.filter((row) => !isWhole(row, content));
    const isExpired = gone.length > 0 && (await isContentExpired(database, projectId, week));
    for (const row of members) {
      const isGone = isExpired && gone.includes(row);
      loaded.set(row.callId, isGone ? withoutContent(row) : await assembleCall(row, content));
    }
  }
  return loaded;
}

/** Every node and block that these calls of one week refer to, each once. */
async function readContent(database: Database, place: ContentPlace, rows: readonly CallRow[]): Promise<Content> {
  const heads = rows.flatMap((row) => [row.transcriptHead, row.responseNode, row.catalogueHash]);
  const nodes = await readNodes(database, place, heads);
  const keys = new Set<string>();
  for (const { parametersBlock, upstreamRawBlock, transcriptLayout } of rows) {
    const envelope = transcriptLayoutSchema.safeParse(transcriptLayout).data?.response?.envelope;
    if (envelope !== undefined) keys.add(envelope);
    for (const block of [parametersBlock, upstreamRawBlock]) if (block !== null) keys.add(block.toString('hex'));
  }
  for (const node of nodes.values()) keys.add(node.blockKey);
  return { nodes, blocks: await readBlocks(database, place, [...keys]) };
}
