import { LRUCache } from 'lru-cache';
import type { Database } from './connect.ts';

/** An unpacked block. */
export interface Block {
  readonly kind: string;
  /** Parsed, but for that of a reply, which is packed with the message made of it. Shared: nobody changes it. */
  readonly value: unknown;
}

/** Measured by their JSON; as objects they take about three times that. */
const MEMORY_BYTES_MAX = 32 * 1_024 * 1_024;
/** What is erased is gone from memory as well after so long. */
const LIFETIME_MS = 60_000;

export type BlockMemory = LRUCache<string, Block>;

const memories = new WeakMap<Database, BlockMemory>();

/**
 * The blocks that were read last from a database: the calls of a session share nearly all of theirs, and unpacking them
 * is most of what loading a call costs. Keys are those of `blockName`. Blocks never change under their key.
 */
export function blockMemoryOf(database: Database): BlockMemory {
  const known = memories.get(database);
  if (known !== undefined) return known;
  const memory: BlockMemory = new LRUCache({
    maxSize: MEMORY_BYTES_MAX,
    maxEntrySize: MEMORY_BYTES_MAX / 8,
    ttl: LIFETIME_MS,
  });
  memories.set(database, memory);
  return memory;
}

export function blockName(place: { readonly projectId: string; readonly week: string }, key: string): string {
  return `${place.projectId} ${place.week} ${key}`;
}
