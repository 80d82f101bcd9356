import { LRUCache } from 'lru-cache';
import type { Call } from '../domain/call.ts';
import { freeBytes } from '../free-bytes.ts';
import type { RequestMemory } from './transcript/encode-transcript.ts';
import type { RequestSplit } from './transcript/split-request.ts';

/** What is remembered of requests, measured by their JSON; as bytes and as objects they take about three times that. */
const MEMORY_BYTES_MAX = 32 * 1_024 * 1_024;
/** What a conversation takes beside its texts. */
const OVERHEAD_BYTES = 16 * 1_024;

export interface RememberedRequest {
  readonly memory: RequestMemory;
  /** Its bytes, where the next one's can be compared with them. */
  readonly split: RequestSplit | null;
}

/** The last request of each conversation, because the next one repeats nearly all of it. */
export interface RequestMemories {
  /** To be read at once: its bytes are gone when another request takes its place. */
  of(call: Call): RememberedRequest | null;
  /** @param requestBytes of the request's JSON */
  keep(call: Call, request: RememberedRequest, requestBytes: number): void;
  clear(): void;
}

export function createRequestMemories(bytesMax: number = MEMORY_BYTES_MAX): RequestMemories {
  const memories = new LRUCache<string, RememberedRequest>({
    maxSize: bytesMax,
    maxEntrySize: bytesMax / 4,
    dispose: ({ split }) => {
      if (split !== null) freeBytes(split.bytes);
    },
  });
  return {
    of: (call) => memories.get(conversationOf(call)) ?? null,
    keep: (call, request, requestBytes) => {
      memories.set(conversationOf(call), request, { size: requestBytes + OVERHEAD_BYTES });
    },
    clear: () => memories.clear(),
  };
}

/** Agents of one session have histories of their own, and so have the small models that clients ask for titles. */
function conversationOf({ projectId, sessionId, agentId, requestModel }: Call): string {
  return JSON.stringify([projectId, sessionId, agentId, requestModel]);
}
