import { LRUCache } from 'lru-cache';

/** Elements of a list in a request: where each of them stands in its bytes, and what it was parsed to. */
export interface KnownList {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly values: readonly object[];
}

/** The last request of a conversation. */
export interface Conversation {
  readonly bytes: Buffer;
  readonly messages: KnownList;
  readonly system: KnownList;
}

/**
 * Requests by which the next ones of their conversations are known. A conversation is looked for by how its requests
 * begin and end, which clients do not change: the model in front, the session or the options behind. What one owner sent
 * is not known of another.
 */
export interface ConversationMemory {
  find(owner: string, bytes: Buffer): Conversation | undefined;
  /**
   * Keeps a request when one that begins or ends like it has come before.
   *
   * @param before the request of the same conversation that it follows, which nobody will ask for again
   * @returns whether it is kept
   */
  keep(owner: string, conversation: Conversation, before: Conversation | undefined): boolean;
  /** Gives the memory back of whoever was silent for long; nobody who asks gets it in any case. */
  forgetIdle(): void;
}

const HEAD_BYTES = 128;
const TAIL_BYTES = 96;
/** Sessions of one client that begin alike, and agents of one session. */
const CONVERSATIONS_PER_NAME_MAX = 32;
const NAMES_MAX = 4_096;
/** Of a request its bytes, its parsed texts and their translation are in memory, and it may be found by two names. */
const MEMORY_PER_BYTE = 2;
const KEPT_BYTES_MAX = 128 * 1_024 * 1_024;
/** Whoever is silent for longer finds the provider's cache empty, too. */
const IDLE_MS = 600_000;
/** So many bytes before the last messages tell conversations apart that begin alike. */
const PROBE_BYTES = 48;

/** Messages in the end that clients change from call to call: they move their cache breakpoints. */
export const LATEST_MESSAGES = 4;

/** @param now milliseconds, from any beginning */
export function createConversationMemory(now: () => number): ConversationMemory {
  const names = new LRUCache<string, readonly Conversation[]>({
    max: NAMES_MAX,
    maxSize: KEPT_BYTES_MAX,
    sizeCalculation: (list) => 1 + list.reduce((sum, { bytes }) => sum + bytes.length * MEMORY_PER_BYTE, 0),
    ttl: IDLE_MS,
    ttlResolution: 0,
    updateAgeOnGet: true,
    perf: { now },
  });
  return {
    find(owner, bytes) {
      let newest: Conversation | undefined;
      for (const name of namesOf(owner, bytes)) {
        const list = names.get(name);
        const found = list?.find((conversation) => isContinued(conversation, bytes));
        if (found !== undefined) return found;
        newest ??= list?.[0];
      }
      return newest;
    },
    keep(owner, conversation, before) {
      for (const name of before === undefined ? [] : namesOf(owner, before.bytes)) {
        const list = names.get(name);
        if (list !== undefined)
          names.set(
            name,
            list.filter((other) => other !== before),
          );
      }
      let isKept = false;
      for (const name of namesOf(owner, conversation.bytes)) {
        const list = names.get(name);
        // What comes once is not worth its memory, so that the first time only its name is noted.
        names.set(name, list === undefined ? [] : [conversation, ...list].slice(0, CONVERSATIONS_PER_NAME_MAX));
        isKept ||= list !== undefined;
      }
      return isKept;
    },
    forgetIdle: () => void names.purgeStale(),
  };
}

/** The end first: it names the session, where the client does. */
function namesOf(owner: string, bytes: Buffer): readonly [string, string] {
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - TAIL_BYTES), bytes.length);
  const head = bytes.toString('latin1', 0, Math.min(HEAD_BYTES, bytes.length));
  return [`${owner} end ${tail}`, `${owner} begin ${head}`];
}

function isContinued({ bytes: before, messages }: Conversation, bytes: Buffer): boolean {
  const { starts, ends } = messages;
  const end = ends[Math.max(0, starts.length - 1 - LATEST_MESSAGES)] ?? 0;
  const start = Math.max(0, end - PROBE_BYTES);
  return end <= bytes.length && before.compare(bytes, start, end, start, end) === 0;
}
