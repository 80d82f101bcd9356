import { LRUCache } from 'lru-cache';
import type { Database } from './connect.ts';
import { type InsertShape, insertRows } from './insert-rows.ts';
import { packBlock } from './transcript/block-content.ts';
import type { TranscriptBlock, TranscriptNode } from './transcript/chain-builder.ts';
import type { EncodedTranscript } from './transcript/encode-transcript.ts';
import { packReply, replyBytes } from './transcript/reply-block.ts';

/** Keys known to be stored. Sessions share system prompts and tools; what one of them repeats, its memory knows. */
const KNOWN_KEYS_MAX = 200_000;

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

interface TranscriptEntry {
  readonly projectId: string;
  /** Monday of the call's week: each week holds all blocks of its calls, so that it can be dropped alone. */
  readonly week: string;
  readonly transcript: EncodedTranscript;
}

export interface TranscriptStore {
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
  const known = new LRUCache<string, true>({ max: KNOWN_KEYS_MAX });
  return {
    async store(transaction, entries, generation) {
      const blocks = new Map<string, TranscriptBlock & TranscriptPlace>();
      const nodes = new Map<string, TranscriptNode & TranscriptPlace>();
      const seen: { readonly part: TranscriptBlock | TranscriptNode; readonly place: string }[] = [];
      for (const { projectId, week, transcript } of entries) {
        const place = `${week} ${generation}`;
        for (const block of transcript.blocks) {
          if (block.storedIn === place) continue;
          seen.push({ part: block, place });
          const key = knownKey('block', projectId, place, block.key);
          if (known.get(key) === undefined) blocks.set(key, { ...block, projectId, week });
        }
        for (const node of transcript.nodes) {
          if (node.storedIn === place) continue;
          seen.push({ part: node, place });
          const key = knownKey('node', projectId, place, node.hash);
          if (known.get(key) === undefined) nodes.set(key, { ...node, projectId, week });
        }
      }
      await insertRows(transaction, BLOCKS, await Promise.all(inKeyOrder(blocks).map(blockRow)));
      await insertRows(transaction, NODES, inKeyOrder(nodes).map(nodeRow));
      return () => {
        for (const key of blocks.keys()) known.set(key, true);
        for (const key of nodes.keys()) known.set(key, true);
        for (const { part, place } of seen) part.storedIn = place;
      };
    },
  };
}

interface TranscriptPlace {
  readonly projectId: string;
  readonly week: string;
}

function knownKey(kind: 'block' | 'node', projectId: string, place: string, hash: Buffer): string {
  return `${kind} ${place} ${hash.toString('latin1')} ${projectId}`;
}

/** Two gateways that store the same blocks in the same order wait for each other, instead of locking each other out. */
function inKeyOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function blockRow({ projectId, week, key, kind, value, reply }: TranscriptBlock & TranscriptPlace) {
  if (reply !== undefined) return [projectId, week, key, kind, await packReply(reply), replyBytes(reply)];
  const text = JSON.stringify(value);
  return [projectId, week, key, kind, await packBlock(text), Buffer.byteLength(text)];
}

function nodeRow(node: TranscriptNode & TranscriptPlace) {
  const { projectId, week, hash, parentHash, blockKey, role, startsMessage, depth } = node;
  return [projectId, week, hash, parentHash, blockKey, role, startsMessage, depth];
}
