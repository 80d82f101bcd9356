import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Call } from '../domain/call.ts';
import { type Block, blockMemoryOf, blockName } from './block-memory.ts';
import { callOf } from './call-row.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { weekOfCall } from './partitions.ts';
import { isContentExpired } from './retention/expire-weeks.ts';
import type { CallTable } from './tables.ts';
import { unpackBlock } from './transcript/block-content.ts';
import { deliveredBefore, type LoadedNode, rebuildRequest, rebuildResponse } from './transcript/rebuild-transcript.ts';
import { unpackReply } from './transcript/reply-block.ts';
import { type TranscriptLayout, transcriptLayoutSchema } from './transcript/transcript-layout.ts';

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

/** One block unpacked; a request body has at most 32 MB. */
const BLOCK_BYTES_MAX = 256 * 1_024 * 1_024;
/** Calls of one session that are loaded at most; the newest of a longer one are left out. */
const SESSION_CALLS_MAX = 2_000;

type CallRow = Selectable<CallTable>;

/** The call and its content, or null when there is no such call. */
export async function loadCall(database: Database, projectId: string, callId: string): Promise<StoredCall | null> {
  const rows = await callsOf(database, projectId).where('callId', '=', callId).execute();
  return (await loadRows(database, projectId, rows))[0] ?? null;
}

/** All calls of a session, oldest first. Blocks that they share are read once. */
export async function loadSessionCalls(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<readonly StoredCall[]> {
  const rows = await callsOf(database, projectId)
    .where('sessionId', '=', storableText(sessionId))
    .orderBy('callId')
    .limit(SESSION_CALLS_MAX)
    .execute();
  return await loadRows(database, projectId, rows);
}

/** The first call that continues this one, which tells what became of its answer; null while there is none. */
export async function loadNextCall(database: Database, projectId: string, callId: string): Promise<StoredCall | null> {
  const rows = await callsOf(database, projectId)
    .where('callId', '>', callId)
    .where('parentCallId', '=', callId)
    .where('sessionId', 'in', (builder) =>
      builder.selectFrom('call').select('sessionId').where('projectId', '=', projectId).where('callId', '=', callId),
    )
    .orderBy('callId')
    .limit(1)
    .execute();
  return (await loadRows(database, projectId, rows))[0] ?? null;
}

function callsOf(database: Database, projectId: string) {
  return database.selectFrom('call').selectAll().where('projectId', '=', projectId);
}

async function loadRows(database: Database, projectId: string, rows: readonly CallRow[]): Promise<StoredCall[]> {
  const loaded = new Map<string, StoredCall>();
  for (const [week, members] of Map.groupBy(rows, (row) => weekOfCall(row.callId))) {
    const content = await readContent(database, { projectId, week }, members);
    const gone = members.filter((row) => !isWhole(row, content));
    const isExpired = gone.length > 0 && (await isContentExpired(database, projectId, week));
    for (const row of members) {
      const isGone = isExpired && gone.includes(row);
      loaded.set(row.callId, isGone ? withoutContent(row) : await assemble(row, content));
    }
  }
  return rows.flatMap((row) => loaded.get(row.callId) ?? []);
}

interface NodeRow {
  readonly hash: string;
  readonly parent: string | null;
  readonly blockKey: string;
  readonly role: string;
  readonly startsMessage: boolean;
}

interface Content {
  readonly nodes: ReadonlyMap<string, NodeRow>;
  readonly blocks: ReadonlyMap<string, Block>;
}

/** Every node and block that these calls of one week refer to, each once. */
async function readContent(
  database: Database,
  place: { readonly projectId: string; readonly week: string },
  rows: readonly CallRow[],
): Promise<Content> {
  const heads = rows.flatMap((row) => [row.transcriptHead, row.responseNode, row.catalogueHash]);
  const nodes = await readNodes(database, place, distinct(heads));
  const keys = rows.flatMap((row) => {
    const envelope = transcriptLayoutSchema.safeParse(row.transcriptLayout).data?.response?.envelope;
    return [row.parametersBlock, row.upstreamRawBlock, envelope === undefined ? null : Buffer.from(envelope, 'hex')];
  });
  for (const node of nodes.values()) keys.push(Buffer.from(node.blockKey, 'hex'));
  return { nodes, blocks: await readBlocks(database, place, distinct(keys)) };
}

/**
 * Walks from the heads to the roots. A UNION without ALL visits a node that several calls share once. Each step looks up
 * its parent by itself: as a join the planner may read the whole week at every step, which for ten thousand messages is
 * minutes instead of a tenth of a second.
 */
async function readNodes(
  database: Database,
  place: { readonly projectId: string; readonly week: string },
  heads: readonly Buffer[],
): Promise<ReadonlyMap<string, NodeRow>> {
  if (heads.length === 0) return new Map();
  const { rows } = await sql<NodeRow>`
    WITH RECURSIVE chain AS (
      SELECT node_hash, parent_hash, block_key, role, starts_message FROM transcript_node
      WHERE project_id = ${place.projectId} AND week = ${place.week}::date AND node_hash = ANY(${[...heads]}::bytea[])
      UNION
      SELECT parent.* FROM chain CROSS JOIN LATERAL (
        SELECT node_hash, parent_hash, block_key, role, starts_message FROM transcript_node
        WHERE project_id = ${place.projectId} AND week = ${place.week}::date AND node_hash = chain.parent_hash
        LIMIT 1
      ) AS parent
    )
    SELECT encode(node_hash, 'hex') AS hash, encode(parent_hash, 'hex') AS parent, encode(block_key, 'hex') AS block_key,
      role, starts_message
    FROM chain`.execute(database);
  return new Map(rows.map((row) => [row.hash, row]));
}

/** Of a reply there is one to a call, so that only the blocks of conversations are worth remembering. */
async function readBlocks(
  database: Database,
  place: { readonly projectId: string; readonly week: string },
  keys: readonly Buffer[],
): Promise<ReadonlyMap<string, Block>> {
  const memory = blockMemoryOf(database);
  const blocks = new Map<string, Block>();
  const missing: Buffer[] = [];
  for (const bytes of keys) {
    const key = bytes.toString('hex');
    const known = memory.get(blockName(place, key));
    if (known === undefined) missing.push(bytes);
    else blocks.set(key, known);
  }
  if (missing.length === 0) return blocks;
  const { rows } = await sql<{ key: string; kind: string; content: Buffer }>`
    SELECT encode(block_key, 'hex') AS key, kind, content FROM block
    WHERE project_id = ${place.projectId} AND week = ${place.week}::date AND block_key = ANY(${missing}::bytea[])`.execute(
    database,
  );
  for (const { key, kind, content } of rows) {
    if (kind === 'reply') {
      blocks.set(key, { kind, value: content });
      continue;
    }
    const text = await unpackBlock(content, BLOCK_BYTES_MAX);
    const block = { kind, value: JSON.parse(text) as unknown };
    memory.set(blockName(place, key), block, { size: text.length + 1 });
    blocks.set(key, block);
  }
  return blocks;
}

async function assemble(row: CallRow, content: Content): Promise<StoredCall> {
  const { transcriptHead, responseNode, upstreamRawBlock, catalogueHash } = row;
  const layout = transcriptLayoutSchema.safeParse(row.transcriptLayout).data;
  return {
    call: { ...callOf(row), transcriptHead, responseNode, upstreamRawBlock, catalogueHash },
    request: layout === undefined ? null : requestOf(row, layout, content),
    ...(await replyOf(row, layout?.response ?? null, content)),
    isContentExpired: false,
  };
}

/** Whether the ends of everything that a call refers to are there; what lies between them goes with them. */
function isWhole(row: CallRow, content: Content): boolean {
  const { transcriptHead, responseNode, catalogueHash, parametersBlock, upstreamRawBlock } = row;
  const hasNodes = [transcriptHead, responseNode, catalogueHash].every(
    (hash) => hash === null || content.nodes.has(hash.toString('hex')),
  );
  return (
    hasNodes &&
    [parametersBlock, upstreamRawBlock].every((key) => key === null || content.blocks.has(key.toString('hex')))
  );
}

function withoutContent(row: CallRow): StoredCall {
  const { transcriptHead, responseNode, upstreamRawBlock, catalogueHash } = row;
  return {
    call: { ...callOf(row), transcriptHead, responseNode, upstreamRawBlock, catalogueHash },
    request: null,
    response: null,
    upstreamRaw: null,
    isContentExpired: true,
  };
}

function requestOf(row: CallRow, layout: TranscriptLayout, content: Content): Record<string, unknown> | null {
  if (layout.request === null || row.parametersBlock === null) return null;
  const chain = chainTo(content, row.transcriptHead);
  const catalogue = chainTo(content, row.catalogueHash);
  const parameters = blockAt(content, row.parametersBlock.toString('hex')).value;
  return rebuildRequest(layout.request, chain, catalogue, parameters);
}

async function replyOf(
  row: CallRow,
  layout: TranscriptLayout['response'],
  content: Content,
): Promise<Pick<StoredCall, 'response' | 'upstreamRaw'>> {
  const { responseNode, transcriptHead, upstreamRawBlock } = row;
  const block = upstreamRawBlock === null ? null : blockAt(content, upstreamRawBlock.toString('hex'));
  const chain = layout === null ? [] : chainTo(content, responseNode, transcriptHead);
  if (layout !== null && block !== null && Buffer.isBuffer(block.value)) {
    const { envelope, raw } = await unpackReply(block.value, deliveredBefore(layout, chain), BLOCK_BYTES_MAX);
    return { response: rebuildResponse(layout, chain, envelope), upstreamRaw: raw };
  }
  const upstreamRaw = typeof block?.value === 'string' ? block.value : null;
  if (layout?.envelope === undefined) return { response: null, upstreamRaw };
  return { response: rebuildResponse(layout, chain, blockAt(content, layout.envelope).value), upstreamRaw };
}

/** The chain up to a head, from its root or from behind `after`. */
function chainTo(content: Content, head: Buffer | null, after: Buffer | null = null): LoadedNode[] {
  const chain: LoadedNode[] = [];
  const end = after?.toString('hex') ?? null;
  for (let at = head?.toString('hex') ?? null; at !== null && at !== end; ) {
    const node = content.nodes.get(at);
    if (node === undefined) throw new Error(`transcript node ${at} is missing`);
    chain.push({ role: node.role, startsMessage: node.startsMessage, ...blockAt(content, node.blockKey) });
    at = node.parent;
  }
  return chain.reverse();
}

function blockAt(content: Content, key: string): Block {
  const block = content.blocks.get(key);
  if (block === undefined) throw new Error(`block ${key} is missing`);
  return block;
}

function distinct(hashes: readonly (Buffer | null)[]): Buffer[] {
  const known = new Map<string, Buffer>();
  for (const hash of hashes) if (hash !== null) known.set(hash.toString('base64'), hash);
  return [...known.values()];
}
