import type { Database } from './connect.ts';
import { type InsertShape, insertRows } from './insert-rows.ts';
import { packBlock } from './transcript/block-content.ts';
import type { PackedBlock, TranscriptBlock, TranscriptNode } from './transcript/chain-builder.ts';
import type { EncodedTranscript } from './transcript/encode-transcript.ts';
import { createRecentKeys } from './transcript/recent-keys.ts';
import { packReply, replyBytes } from './transcript/reply-block.ts';

/** Keys known to be stored. Sessions share system prompts and tools; what one of them repeats, its memory knows. */
const KNOWN_KEYS_MAX = 100_000;

const BLOCKS: InsertShape = {
  table: 'block',
  columns: ['project_id', 'week', 'block_key', 'kind', 'content', 'content_bytes'],
  suffix: 'ON CONFLICT DO NOTHING',
};
const NODES: InsertShape = {
  table: 'transcript_node',
  columns: ['project_id', 'week', 'node_hash', 'parent_hash', 'block_key', 'role', 'starts_message', 'depth'],
  suffix: 'ON CONFLICT DO NOTHING',
};

export interface TranscriptEntry {
  readonly projectId: string;
  /** Monday of the call's week: each week holds all blocks of its calls, so that it can be dropped alone. */
  readonly week: string;
  readonly transcript: EncodedTranscript;
}

export interface TranscriptStore {
  /** Packs the blocks that seem to be missing, ahead of `store`. */
  prepare(entry: TranscriptEntry, generation: number): Promise<void>;
  /**
   * Stores the blocks and nodes that are missing. The returned function makes this process remember them: call it when
   * the transaction is committed, and only then.
   *
   * @param generation what was known to be stored under another one may have been removed
   */
  store(transaction: Database, entries: readonly TranscriptEntry[], generation: number): Promise<() => void>;
}

/** One per process. Use it under `holdErasures`, so that nothing known is removed before the transaction commits. */
export function createTranscriptStore(): TranscriptStore {
  const known = createRecentKeys(KNOWN_KEYS_MAX);
  return {
    async prepare({ projectId, week, transcript }, generation) {
      const place = `${week} ${generation}`;
      for (const block of transcript.blocks) {
        const isMissing = block.storedIn !== place && !known.has(knownKey('block', projectId, place, block.key));
        if (isMissing) block.packed ??= await pack(block);
      }
    },
    async store(transaction, entries, generation) {
      const blocks = new Map<string, MissingBlock>();
      const nodes = new Map<string, TranscriptNode & TranscriptPlace>();
      const seen: { readonly part: TranscriptBlock | TranscriptNode; readonly place: string }[] = [];
      for (const { projectId, week, transcript } of entries) {
        const place = `${week} ${generation}`;
        for (const block of transcript.blocks) {
          if (block.storedIn === place) continue;
          seen.push({ part: block, place });
          const key = knownKey('block', projectId, place, block.key);
          if (!known.has(key)) blocks.set(key, { block, projectId, week });
        }
        for (const node of transcript.nodes) {
          if (node.storedIn === place) continue;
          seen.push({ part: node, place });
          const key = knownKey('node', projectId, place, node.hash);
          if (!known.has(key)) nodes.set(key, { ...node, projectId, week });
        }
      }
      await insertRows(transaction, BLOCKS, await Promise.all(inKeyOrder(blocks).map(blockRow)));
      await insertRows(transaction, NODES, inKeyOrder(nodes).map(nodeRow));
      return () => {
        for (const key of blocks.keys()) known.add(key);
        for (const key of nodes.keys()) known.add(key);
        for (const { part, place } of seen) part.storedIn = place;
        for (const { block } of blocks.values()) delete block.packed;
      };
    },
  };
}

interface TranscriptPlace {
  readonly projectId: string;
  readonly week: string;
}

interface MissingBlock extends TranscriptPlace {
  readonly block: TranscriptBlock;
}

function knownKey(kind: 'block' | 'node', projectId: string, place: string, hash: Buffer): string {
  return `${kind} ${place} ${hash.toString('latin1')} ${projectId}`;
}

/** Two gateways that store the same blocks in the same order wait for each other, instead of locking each other out. */
function inKeyOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function blockRow({ projectId, week, block }: MissingBlock) {
  const { content, bytes } = block.packed ?? (await pack(block));
  return [projectId, week, block.key, block.kind, content, bytes];
}

async function pack({ value, reply }: TranscriptBlock): Promise<PackedBlock> {
  if (reply !== undefined) return { content: await packReply(reply), bytes: replyBytes(reply) };
  const text = JSON.stringify(value);
  return { content: await packBlock(text), bytes: Buffer.byteLength(text) };
}

function nodeRow(node: TranscriptNode & TranscriptPlace) {
  const { projectId, week, hash, parentHash, blockKey, role, startsMessage, depth } = node;
  return [projectId, week, hash, parentHash, blockKey, role, startsMessage, depth];
}
