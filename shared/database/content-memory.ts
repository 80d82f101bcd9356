import { LRUCache } from 'lru-cache';
import type { Database } from './connect.ts';

/** An unpacked block. */
export interface Block {
  readonly kind: string;
  /** Parsed, but for that of a reply, which is packed with the message made of it. Shared: nobody changes it. */
  readonly value: unknown;
}

/** One node of a transcript; hashes and keys as hex. */
export interface StoredNode {
  readonly hash: string;
  readonly parent: string | null;
  readonly blockKey: string;
  readonly role: string;
  readonly startsMessage: boolean;
}

/** Measured by their JSON; as objects they take about three times that. */
const BLOCK_BYTES_MAX = 32 * 1_024 * 1_024;
/** About 400 bytes each. */
const NODES_MAX = 30_000;
/** What is erased is gone from memory as well after so long. */
const LIFETIME_MS = 60_000;

export interface ContentMemory {
  readonly blocks: LRUCache<string, Block>;
  readonly nodes: LRUCache<string, StoredNode>;
}

const memories = new WeakMap<Database, ContentMemory>();

/**
 * The blocks and nodes that were read last from a database: the calls of a session share nearly all of theirs, and
 * reading and unpacking them is most of what loading a call costs. Keys are those of `contentName`. Neither ever changes
 * under its key.
 */
export function contentMemoryOf(database: Database): ContentMemory {
  const known = memories.get(database);
  if (known !== undefined) return known;
  const memory: ContentMemory = {
    blocks: new LRUCache({ maxSize: BLOCK_BYTES_MAX, maxEntrySize: BLOCK_BYTES_MAX / 8, ttl: LIFETIME_MS }),
    nodes: new LRUCache({ max: NODES_MAX, ttl: LIFETIME_MS }),
  };
  memories.set(database, memory);
  return memory;
}

export function contentName(place: { readonly projectId: string; readonly week: string }, key: string): string {
  return `${place.projectId} ${place.week} ${key}`;
}
