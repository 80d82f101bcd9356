import { type KnownList, LATEST_MESSAGES } from './known-conversations.ts';
import type { KnownTools } from './known-tools.ts';
import { endOfString, endOfValue, skipSpace } from './scan-json.ts';

/** What a request may have in common with earlier ones. */
export interface Knowledge {
  /** Lists of an earlier request, and its bytes. */
  readonly before: { readonly bytes: Buffer; readonly messages: KnownList; readonly system: KnownList } | undefined;
  toolsAt(at: number): KnownTools | undefined;
}

/** Known elements in a row, and the text that stands for all of them. */
interface KnownRun {
  readonly mark: string;
  readonly values: readonly object[];
}

/** A list of objects in a request. */
export interface SplitList {
  readonly starts: number[];
  readonly ends: number[];
  /** As it stands in the text; null is an element that was not known. */
  readonly parts: (KnownRun | null)[];
}

export interface SplitTools {
  readonly start: number;
  readonly end: number;
  /** Undefined when they have to be parsed. */
  readonly known: { readonly mark: string; readonly tools: readonly unknown[] } | undefined;
}

/** The text of a request, one character per byte, with marks in the place of what is known. */
export interface SplitRequest {
  readonly text: string;
  readonly messages: SplitList | undefined;
  readonly system: SplitList | undefined;
  readonly tools: SplitTools | undefined;
}

interface Splitting {
  readonly bytes: Buffer;
  readonly knowledge: Knowledge;
  readonly mark: string;
  marks: number;
  text: string;
  /** Up to where the bytes are in the text. */
  copied: number;
  messages: SplitList | undefined;
  system: SplitList | undefined;
  tools: SplitTools | undefined;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const BACKSLASH = '\\';
const BRACKET = 0x5b;
const BRACE = 0x7b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/**
 * Finds in a request what is known by its very bytes. Null for what is no object, or one of which a parser would make
 * something else than it seems: a member that comes twice, or whose name has escapes.
 *
 * @param mark what the marks begin with
 */
export function splitRequest(bytes: Buffer, knowledge: Knowledge, mark: string): SplitRequest | null {
  const splitting: Splitting = {
    ...{ bytes, knowledge, mark, marks: 0, text: '', copied: 0 },
    ...{ messages: undefined, system: undefined, tools: undefined },
  };
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== BRACE) return null;
  do {
    at = splitMember(splitting, skipSpace(bytes, at + 1));
    if (at < 0) return null;
    at = skipSpace(bytes, at);
  } while (bytes[at] === COMMA);
  if (bytes[at] !== CLOSING_BRACE) return null;
  const { messages, system, tools } = splitting;
  return { text: splitting.text + bytes.toString('latin1', splitting.copied, bytes.length), messages, system, tools };
}

/** The index after the member that begins at `at`; negative when there is none that can be read. */
function splitMember(splitting: Splitting, at: number): number {
  const { bytes, knowledge } = splitting;
  if (bytes[at] !== QUOTE) return -1;
  const nameEnd = endOfString(bytes, at);
  const name = bytes.toString('latin1', at + 1, nameEnd - 1);
  const colon = skipSpace(bytes, nameEnd);
  if (bytes[colon] !== COLON || name.includes(BACKSLASH)) return -1;
  const start = skipSpace(bytes, colon + 1);
  const isList = bytes[start] === BRACKET;
  switch (name) {
    case 'messages':
    case 'system': {
      if (splitting[name] !== undefined) return -1;
      const list: SplitList = { starts: [], ends: [], parts: [] };
      splitting[name] = list;
      return isList ? splitList(splitting, list, knowledge.before?.[name], start) : endOfValue(bytes, start);
    }
    case 'tools':
      if (splitting.tools !== undefined) return -1;
      return splitTools(splitting, start, isList ? knowledge.toolsAt(start) : undefined);
    default:
      return endOfValue(bytes, start);
  }
}

function splitTools(splitting: Splitting, start: number, found: KnownTools | undefined): number {
  const end = found === undefined ? endOfValue(splitting.bytes, start) : start + found.bytes.length;
  const known = found === undefined ? undefined : { mark: putMark(splitting, start, end), tools: found.tools };
  splitting.tools = { start, end, known };
  return end;
}

/** A list of objects, of which those are known that stand at the same place in the list before. */
function splitList(splitting: Splitting, list: SplitList, known: KnownList | undefined, at: number): number {
  const { bytes } = splitting;
  let position = skipSpace(bytes, at + 1);
  if (bytes[position] === CLOSING_BRACKET) return position + 1;
  for (;;) {
    const count = known === undefined ? 0 : knownAt(splitting, known, list.starts.length, position);
    if (known !== undefined && count > 0) position = takeRun(splitting, list, known, count, position);
    else {
      if (bytes[position] !== BRACE) return -1;
      const end = endOfValue(bytes, position);
      list.starts.push(position);
      list.ends.push(end);
      list.parts.push(null);
      position = end;
    }
    position = skipSpace(bytes, position);
    if (bytes[position] === CLOSING_BRACKET) return position + 1;
    if (bytes[position] !== COMMA) return -1;
    position = skipSpace(bytes, position + 1);
  }
}

/** How many elements from `index` on stand at `position` as they stood before: all, all but the latest, half, or one. */
function knownAt({ bytes, knowledge }: Splitting, known: KnownList, index: number, position: number): number {
  const { starts, ends } = known;
  const left = starts.length - index;
  const source = knowledge.before?.bytes;
  if (left <= 0 || source === undefined) return 0;
  for (const count of [left, left - LATEST_MESSAGES, left >> 1, 1]) {
    if (count < 1 || count > left) continue;
    const start = starts[index] ?? 0;
    const length = (ends[index + count - 1] ?? 0) - start;
    if (position + length > bytes.length) continue;
    if (source.compare(bytes, position, position + length, start, start + length) === 0) return count;
  }
  return 0;
}

function takeRun(splitting: Splitting, list: SplitList, known: KnownList, count: number, position: number): number {
  const first = list.starts.length;
  const shift = position - (known.starts[first] ?? 0);
  let end = position;
  for (let index = first; index < first + count; index += 1) {
    end = (known.ends[index] ?? 0) + shift;
    list.starts.push((known.starts[index] ?? 0) + shift);
    list.ends.push(end);
  }
  list.parts.push({ mark: putMark(splitting, position, end), values: known.values.slice(first, first + count) });
  return end;
}

/** Puts a mark in the place of the bytes from `start` to `end`. */
function putMark(splitting: Splitting, start: number, end: number): string {
  splitting.marks += 1;
  const mark = `${splitting.mark} ${splitting.marks}`;
  splitting.text += `${splitting.bytes.toString('latin1', splitting.copied, start)}"${mark}"`;
  splitting.copied = end;
  return mark;
}
