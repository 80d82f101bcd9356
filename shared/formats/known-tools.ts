import { LRUCache } from 'lru-cache';
import { makeKnown } from './known-values.ts';

/** Tools of a request, and the bytes that they stand in it as. */
export interface KnownTools {
  readonly bytes: Buffer;
  readonly tools: readonly unknown[];
}

/**
 * Lists of tools that came before: an agent sends the same forty kilobytes of tools with every call, and so do all of
 * its kind. What one owner sent is not known of another.
 */
export interface ToolMemory {
  /** The known tools that stand in `bytes` at `at`. */
  find(owner: string, bytes: Buffer, at: number): KnownTools | undefined;
  /** Keeps the list that stands there when its beginning has come before. */
  learn(owner: string, part: Buffer, tools: readonly unknown[]): void;
  /** Gives the memory back of lists that nobody has sent for long. */
  forgetIdle(): void;
}

/** Tools that begin alike, newest first. */
interface Head {
  readonly lists: readonly KnownTools[];
  readonly trials: number;
}

/** Lists that differ in a tool near their end begin alike. */
const HEAD_BYTES = 128;
const LISTS_PER_HEAD_MAX = 64;
/** Whose tools are other ones in every request is not asked for ever. */
const TRIALS_PER_HEAD_MAX = 512;
const HEADS_MAX = 256;
/** Smaller ones are parsed as fast as found. */
const TOOLS_BYTES_MIN = 2_048;
const TOOLS_BYTES_MAX = 512 * 1_024;
const KEPT_BYTES_MAX = 8 * 1_024 * 1_024;

/** Tools are the same in all sessions of a client, of which one follows another. */
const IDLE_MS = 3_600_000;

/** @param now milliseconds, from any beginning */
export function createToolMemory(now: () => number): ToolMemory {
  const heads = new LRUCache<string, Head>({
    max: HEADS_MAX,
    maxSize: KEPT_BYTES_MAX,
    sizeCalculation: ({ lists }) => 1 + lists.reduce((sum, list) => sum + list.bytes.length, 0),
    ttl: IDLE_MS,
    ttlResolution: 0,
    updateAgeOnGet: true,
    perf: { now },
  });
  return {
    find: (owner, bytes, at) =>
      heads.get(headOf(owner, bytes, at))?.lists.find((list) => standsAt(bytes, at, list.bytes)),
    learn(owner, part, tools) {
      if (part.length < TOOLS_BYTES_MIN || part.length > TOOLS_BYTES_MAX) return;
      const name = headOf(owner, part, 0);
      const head = heads.get(name);
      // Tools that come once are not worth a second look, so that the first time only their beginning is noted.
      if (head === undefined) heads.set(name, { lists: [], trials: 0 });
      else if (head.trials < TRIALS_PER_HEAD_MAX) {
        makeKnown(tools);
        const list = { bytes: Buffer.from(part), tools };
        heads.set(name, { lists: [list, ...head.lists].slice(0, LISTS_PER_HEAD_MAX), trials: head.trials + 1 });
      }
    },
    forgetIdle: () => void heads.purgeStale(),
  };
}

function headOf(owner: string, bytes: Buffer, at: number): string {
  return `${owner} ${bytes.toString('latin1', at, Math.min(at + HEAD_BYTES, bytes.length))}`;
}

function standsAt(bytes: Buffer, at: number, part: Buffer): boolean {
  const end = at + part.length;
  return end <= bytes.length && part.compare(bytes, at, end) === 0;
}
