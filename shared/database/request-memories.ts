import { LRUCache } from 'lru-cache';
import type { Call } from '../domain/call.ts';
import type { RequestMemory } from './transcript/encode-transcript.ts';

/** What is remembered of requests, measured by their JSON; as objects they take about twice as much. */
const MEMORY_BYTES_MAX = 64 * 1_024 * 1_024;
/** What a conversation takes beside its texts. */
const OVERHEAD_BYTES = 16 * 1_024;

/** The last request of each conversation, because the next one repeats nearly all of it. */
export interface RequestMemories {
  of(call: Call): RequestMemory | null;
  /** @param requestBytes of the request's JSON */
  keep(call: Call, memory: RequestMemory, requestBytes: number): void;
  clear(): void;
}

export function createRequestMemories(bytesMax: number = MEMORY_BYTES_MAX): RequestMemories {
  const memories = new LRUCache<string, RequestMemory>({ maxSize: bytesMax, maxEntrySize: bytesMax / 4 });
  return {
    of: (call) => memories.get(conversationOf(call)) ?? null,
    keep: (call, memory, requestBytes) => {
      memories.set(conversationOf(call), memory, { size: requestBytes + OVERHEAD_BYTES });
    },
    clear: () => memories.clear(),
  };
}

/** Agents of one session have histories of their own, and so have the small models that clients ask for titles. */
function conversationOf({ projectId, sessionId, agentId, requestModel }: Call): string {
  return JSON.stringify([projectId, sessionId, agentId, requestModel]);
}
