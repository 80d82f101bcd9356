import { LRUCache } from 'lru-cache';
import { isJsonObject } from './json-object.ts';
import { type OneByteParse, parseOneByte } from './one-byte-json.ts';

/**
 * Parses requests, and the tools in them once: an agent sends the same forty kilobytes of tools with every call, and they
 * are the part of a request that costs most to parse and to write. Tools that came twice are kept with their bytes. A
 * request in which those bytes stand again is parsed with a mark in their place, and gets the very same, frozen tools,
 * so that an encoder can know them, too.
 *
 * Why that is right: the mark is a text that no client can guess, so where it comes out as the member `tools`, it stands
 * in the request as that value and nowhere else; and a whole JSON array may stand wherever a JSON string may.
 */
export interface KnownTools {
  /** As `parseOneByte`, and the same value. */
  parse(bytes: Buffer): OneByteParse;
}

interface Known {
  readonly bytes: Buffer;
  readonly tools: readonly unknown[];
}

/** Tools that begin alike, newest first. */
interface Head {
  readonly lists: readonly Known[];
  readonly trials: number;
}

/** What stands before the tools; inside of a JSON string its quotes would be escaped. */
const MEMBER = '"tools":';
/** Lists that differ in a tool near their end begin alike. */
const HEAD_BYTES = 128;
const LISTS_PER_HEAD_MAX = 64;
/** Whose tools never stand as we would write them, or are other ones in every request, is not asked for ever. */
const TRIALS_PER_HEAD_MAX = 512;
/** Members of that name may also be inside of what a tool was called with; the request's own comes first or last. */
const PLACES_MAX = 4;
const HEADS_MAX = 256;
/** Smaller ones are parsed as fast as found. */
const TOOLS_BYTES_MIN = 2_048;
const TOOLS_BYTES_MAX = 512 * 1_024;
const KEPT_BYTES_MAX = 8 * 1_024 * 1_024;

/** All tools that are handed out again as the same object. */
const handedOut = new WeakSet<object>();

/** Whether these tools are frozen and come again as the same object, so that what is made of them may be kept. */
export function areKnownTools(tools: unknown): tools is readonly unknown[] {
  return Array.isArray(tools) && handedOut.has(tools);
}

/** @param mark a text that clients cannot guess, in plain ASCII without quotes and backslashes */
export function createKnownTools(mark: string): KnownTools {
  const heads = new LRUCache<string, Head>({
    max: HEADS_MAX,
    maxSize: KEPT_BYTES_MAX,
    sizeCalculation: ({ lists }) => 1 + lists.reduce((sum, list) => sum + list.bytes.length, 0),
  });
  return {
    parse(bytes) {
      const places = placesOf(bytes);
      for (const at of places) {
        const found = heads.get(headAt(bytes, at))?.lists.find((list) => standsAt(bytes, at, list.bytes));
        const parsed = found === undefined ? null : parseAround(bytes, at, found, mark);
        if (parsed !== null) return parsed;
      }
      const parsed = parseOneByte(bytes);
      if (parsed.type === 'parsed') learn(heads, bytes, places, parsed.value);
      return parsed;
    },
  };
}

/** Tools that come once are not worth a second look, so that the first time only their beginning is noted. */
function learn(heads: LRUCache<string, Head>, bytes: Buffer, places: readonly number[], value: unknown): void {
  if (!isJsonObject(value) || !Array.isArray(value['tools'])) return;
  const worth: number[] = [];
  for (const at of places) {
    const name = headAt(bytes, at);
    const head = heads.get(name) ?? { lists: [], trials: -1 };
    if (head.trials >= 0 && head.trials < TRIALS_PER_HEAD_MAX) worth.push(at);
    heads.set(name, { ...head, trials: head.trials + 1 });
  }
  if (worth.length > 0) keep(heads, bytes, worth, value['tools'] as unknown[]);
}

/** Where a value of a member `tools` may begin. */
function placesOf(bytes: Buffer): number[] {
  const places: number[] = [];
  if (bytes.length < TOOLS_BYTES_MIN) return places;
  let at = bytes.indexOf(MEMBER);
  while (at >= 0 && places.length < PLACES_MAX) {
    const start = at + MEMBER.length;
    if (bytes[start] === 0x5b) places.push(start);
    at = bytes.indexOf(MEMBER, start);
  }
  return places;
}

function headAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + HEAD_BYTES);
}

function standsAt(bytes: Buffer, at: number, part: Buffer): boolean {
  return bytes.length - at >= part.length && part.equals(bytes.subarray(at, at + part.length));
}

/** The request with the known tools in their place; null when they are something else there. */
function parseAround(bytes: Buffer, at: number, { bytes: part, tools }: Known, mark: string): OneByteParse | null {
  const rest = Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(`"${mark}"`, 'latin1'),
    bytes.subarray(at + part.length),
  ]);
  const parsed = parseOneByte(rest);
  if (parsed.type === 'unfit' || !isJsonObject(parsed.value) || parsed.value['tools'] !== mark) return null;
  parsed.value['tools'] = tools;
  return parsed;
}

/** Keeps tools whose bytes are those that `JSON.stringify` writes, which is how nearly every client writes them. */
function keep(
  heads: LRUCache<string, Head>,
  bytes: Buffer,
  places: readonly number[],
  tools: readonly unknown[],
): void {
  const part = Buffer.from(JSON.stringify(tools), 'latin1');
  if (part.length < TOOLS_BYTES_MIN || part.length > TOOLS_BYTES_MAX) return;
  const at = places.find((place) => standsAt(bytes, place, part));
  const head = at === undefined ? undefined : heads.get(headAt(bytes, at));
  if (at === undefined || head === undefined) return;
  freeze(tools);
  handedOut.add(tools);
  const lists = [{ bytes: part, tools }, ...head.lists].slice(0, LISTS_PER_HEAD_MAX);
  heads.set(headAt(bytes, at), { ...head, lists });
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}
