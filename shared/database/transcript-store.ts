import { LRUCache } from 'lru-cache';
import { packText } from '../packed-bytes.ts';
import type { Database } from './connect.ts';
import type { TranscriptBlock, TranscriptNode } from './transcript/chain-builder.ts';
import type { EncodedTranscript } from './transcript/encode-transcript.ts';

/** Keys known to be stored. A session re-sends its history at every call; this is what keeps that cheap. */
const KNOWN_KEYS_MAX = 200_000;
/** Smaller blocks are stored as they are: zstd's own frame would be larger than what it saves. */
const COMPRESS_FROM_BYTES = 128;
/** Rows of one statement; PostgreSQL takes 65,535 parameters. */
const ROWS_MAX = 1_000;

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
   */
  store(transaction: Database, entries: readonly TranscriptEntry[]): Promise<() => void>;
}

/** One per process. Blocks may only ever be removed by week; what removes single ones has to restart the writers. */
export function createTranscriptStore(): TranscriptStore {
  const known = new LRUCache<string, true>({ max: KNOWN_KEYS_MAX });
  return {
    async store(transaction, entries) {
      const blocks = new Map<string, TranscriptBlock & TranscriptPlace>();
      const nodes = new Map<string, TranscriptNode & TranscriptPlace>();
      for (const { projectId, week, transcript } of entries) {
        for (const block of transcript.blocks) {
          const key = knownKey('block', projectId, week, block.key);
          if (known.get(key) === undefined) blocks.set(key, { ...block, projectId, week });
        }
        for (const node of transcript.nodes) {
          const key = knownKey('node', projectId, week, node.hash);
          if (known.get(key) === undefined) nodes.set(key, { ...node, projectId, week });
        }
      }
      await insertBlocks(transaction, inKeyOrder(blocks));
      await insertNodes(transaction, inKeyOrder(nodes));
      return () => {
        for (const key of blocks.keys()) known.set(key, true);
        for (const key of nodes.keys()) known.set(key, true);
      };
    },
  };
}

interface TranscriptPlace {
  readonly projectId: string;
  readonly week: string;
}

function knownKey(kind: 'block' | 'node', projectId: string, week: string, hash: Buffer): string {
  return `${kind} ${week} ${hash.toString('base64')} ${projectId}`;
}

/** Two gateways that store the same blocks in the same order wait for each other, instead of locking each other out. */
function inKeyOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function insertBlocks(
  transaction: Database,
  blocks: readonly (TranscriptBlock & TranscriptPlace)[],
): Promise<void> {
  for (let start = 0; start < blocks.length; start += ROWS_MAX) {
    const rows = blocks.slice(start, start + ROWS_MAX).map(async ({ projectId, week, key, kind, value }) => {
      const text = JSON.stringify(value);
      const content = await packText(text, COMPRESS_FROM_BYTES);
      return { projectId, week, blockKey: key, kind, content, contentBytes: Buffer.byteLength(text) };
    });
    await transaction
      .insertInto('block')
      .values(await Promise.all(rows))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function insertNodes(transaction: Database, nodes: readonly (TranscriptNode & TranscriptPlace)[]): Promise<void> {
  for (let start = 0; start < nodes.length; start += ROWS_MAX) {
    const rows = nodes.slice(start, start + ROWS_MAX).map((node) => ({
      projectId: node.projectId,
      week: node.week,
      nodeHash: node.hash,
      parentHash: node.parentHash,
      blockKey: node.blockKey,
      role: node.role,
      startsMessage: node.startsMessage,
      depth: node.depth,
    }));
    await transaction
      .insertInto('transcriptNode')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
