import { sql } from 'kysely';
import { deepFreeze } from '#shared/deep-freeze.ts';
import type { Database } from './connect.ts';
import { type Block, contentMemoryOf, contentName, type StoredNode } from './content-memory.ts';
import { unpackBlock } from './transcript/block-content.ts';

/** Content lies by project and week. */
export interface ContentPlace {
  readonly projectId: string;
  readonly week: string;
}

/** Nodes and blocks by their hex hashes and keys. */
export interface Content {
  readonly nodes: ReadonlyMap<string, StoredNode>;
  readonly blocks: ReadonlyMap<string, Block>;
}

/** One block unpacked; a request body has at most 32 MB. */
export const BLOCK_BYTES_MAX = 256 * 1_024 * 1_024;
/** What a call adds to a conversation is rarely longer, and what came before it is mostly known. */
const FIRST_STEPS_MAX = 16;
/** No conversation is so long. */
const STEPS_MAX = 1_000_000;

/**
 * Every node on the way from these heads to their roots, each once. What is remembered is not read again, so the first
 * look goes a few steps only; whatever is missing behind them is read to its root.
 */
export async function readNodes(
  database: Database,
  place: ContentPlace,
  heads: readonly (Buffer | null)[],
): Promise<ReadonlyMap<string, StoredNode>> {
  const memory = contentMemoryOf(database).nodes;
  const nodes = new Map<string, StoredNode>();
  const wanted = heads.flatMap((head) => head?.toString('hex') ?? []);
  let steps = FIRST_STEPS_MAX;
  for (;;) {
    const missing = collectKnown(place, wanted, nodes, memory);
    if (missing.length === 0) return nodes;
    const read = await readChains(database, place, missing, steps);
    for (const node of read) {
      nodes.set(node.hash, node);
      memory.set(contentName(place, node.hash), node);
    }
    if (read.length === 0 || steps === STEPS_MAX) return nodes;
    steps = STEPS_MAX;
  }
}

/** Takes what is remembered into `nodes`, and returns the hashes at which memory ends. */
function collectKnown(
  place: ContentPlace,
  heads: readonly string[],
  nodes: Map<string, StoredNode>,
  memory: { get(name: string): StoredNode | undefined },
): string[] {
  const missing = new Set<string>();
  const seen = new Set<string>();
  for (const head of heads) {
    for (let at: string | null = head; at !== null && !seen.has(at); ) {
      seen.add(at);
      const node: StoredNode | undefined = nodes.get(at) ?? memory.get(contentName(place, at));
      if (node === undefined) {
        missing.add(at);
        break;
      }
      nodes.set(at, node);
      at = node.parent;
    }
  }
  return [...missing];
}

/**
 * Walks from the heads towards the roots. A UNION without ALL visits a node that several calls share once per distance.
 * Each step looks up its parent by itself: as a join the planner may read the whole week at every step, which for ten
 * thousand messages is minutes instead of a tenth of a second.
 */
async function readChains(
  database: Database,
  { projectId, week }: ContentPlace,
  heads: readonly string[],
  steps: number,
): Promise<readonly StoredNode[]> {
  const first = heads.map((head) => Buffer.from(head, 'hex'));
  // Without a count of steps two chains that meet go on as one.
  const step = steps === STEPS_MAX ? sql`0` : sql`chain.step + 1`;
  const { rows } = await sql<StoredNode>`
    WITH RECURSIVE chain AS (
      SELECT node_hash, parent_hash, block_key, role, starts_message, 0 AS step FROM transcript_node
      WHERE project_id = ${projectId} AND week = ${week}::date AND node_hash = ANY(${first}::bytea[])
      UNION
      SELECT parent.*, ${step} FROM chain CROSS JOIN LATERAL (
        SELECT node_hash, parent_hash, block_key, role, starts_message FROM transcript_node
        WHERE project_id = ${projectId} AND week = ${week}::date AND node_hash = chain.parent_hash
        LIMIT 1
      ) AS parent WHERE chain.step < ${steps}::int
    )
    SELECT DISTINCT encode(node_hash, 'hex') AS hash, encode(parent_hash, 'hex') AS parent,
      encode(block_key, 'hex') AS block_key, role, starts_message
    FROM chain`.execute(database);
  return rows;
}

/** Of a reply there is one to a call, so that only the blocks of conversations are worth remembering. */
export async function readBlocks(
  database: Database,
  place: ContentPlace,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Block>> {
  const memory = contentMemoryOf(database).blocks;
  const blocks = new Map<string, Block>();
  const missing: Buffer[] = [];
  for (const key of keys) {
    const known = memory.get(contentName(place, key));
    if (known === undefined) missing.push(Buffer.from(key, 'hex'));
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
    // Everybody who loads a call of its session reads this very block.
    const block = { kind, value: deepFreeze<unknown>(JSON.parse(text)) };
    memory.set(contentName(place, key), block, { size: text.length + 1 });
    blocks.set(key, block);
  }
  return blocks;
}
