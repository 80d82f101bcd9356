import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { type ChatChunk, type ChatDelta, firstChoice } from './chunk.ts';

/**
 * The chunks of an answer differ in their piece of text and in nothing else. So a chunk that is one before it with
 * another piece is not parsed: only the text between its known ends is looked at. Plain data.
 */
export interface RepeatedChunk {
  readonly field: TextField;
  /** Up to the first character of the piece. */
  readonly prefix: string;
  /** From the quote behind the piece: to the end, or to the first character of the padding. */
  readonly suffix: string;
  /** The chunk ends in padding of any length, which OpenAI adds so that nobody can guess words by their length. */
  readonly isPadded: boolean;
}

/** Where a delta has its text or its reasoning. */
const TEXT_FIELDS = ['content', 'reasoning_content', 'reasoning'] as const;
type TextField = (typeof TEXT_FIELDS)[number];

const PADDING_START = '"obfuscation":"';
export const PADDING_END = '"}';
const PADDING = /^[A-Za-z0-9_-]*$/;
/** What JSON writes otherwise than as itself, and what ends a text in it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON does not allow in a text.
const NEEDS_PARSING = /[\u0000-\u001f"\\]/;
/** Stands for a piece where it is tried out whether the ends are really those of the piece. */
const PROBE = 'a piece of the gateway itself';
/** A chunk that is longer has more in it than a piece of text. */
const CHUNK_CHARACTERS_MAX = 16_384;

const isSilent = (value: unknown): boolean => value === undefined || value === null;

/** The one field in which a delta says something; null when it says more, or nothing. */
function fieldOf(delta: ChatDelta): TextField | null {
  let field: TextField | null = null;
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'role' || isSilent(value)) continue;
    const known = TEXT_FIELDS.find((textField) => textField === name);
    if (known === undefined || field !== null) return null;
    field = known;
  }
  return field;
}

/**
 * The piece of a chunk that does nothing but go on with the text or the reasoning; null for any other one. What a chunk
 * says beside it, such as a model or usage, is the same when it is said again.
 */
function plainPiece(chunk: ChatChunk): { readonly field: TextField; readonly text: string } | null {
  const choice = firstChoice(chunk);
  if (choice === null || !isSilent(choice.finish_reason) || !isJsonObject(choice.delta)) return null;
  const field = fieldOf(choice.delta);
  const text = field === null ? null : choice.delta[field];
  return field !== null && typeof text === 'string' && text !== '' ? { field, text } : null;
}

/** What comes behind the piece, without padding. */
function suffixOf(chunk: ChatChunk, rest: string): Pick<RepeatedChunk, 'suffix' | 'isPadded'> {
  const { obfuscation: padding } = chunk;
  if (typeof padding !== 'string' || !PADDING.test(padding)) return { suffix: rest, isPadded: false };
  const end = `${padding}${PADDING_END}`;
  if (!rest.endsWith(`${PADDING_START}${end}`)) return { suffix: rest, isPadded: false };
  return { suffix: rest.slice(0, rest.length - end.length), isPadded: true };
}

/**
 * What chunks after this one may repeat; null when it does more than to go on with a text. Another text is put between
 * the ends and parsed, so that no other member of the chunk, and no second spelling, is taken for the piece.
 */
export function repeatedChunkOf(data: string, payload: JsonObject): RepeatedChunk | null {
  if (data.length > CHUNK_CHARACTERS_MAX) return null;
  const piece = plainPiece(payload);
  if (piece === null) return null;
  const { field, text } = piece;
  const literal = JSON.stringify(text);
  const at = data.indexOf(`"${field}":${literal}`);
  if (at === -1) return null;
  const start = at + field.length + '"":"'.length;
  const prefix = data.slice(0, start);
  const { suffix, isPadded } = suffixOf(payload, data.slice(start + literal.length - '""'.length));
  const probed = parseJsonObject(`${prefix}${PROBE}${suffix}${isPadded ? PADDING_END : ''}`);
  const found = probed === null ? null : plainPiece(probed);
  return found?.field === field && found.text === PROBE ? { field, prefix, suffix, isPadded } : null;
}

/** The piece of a chunk that is the same but for its piece; null for any other one. */
export function readRepeated({ prefix, suffix, isPadded }: RepeatedChunk, data: string): string | null {
  // A slice is compared as memory is; `startsWith` goes character by character, which takes as long as parsing.
  if (data.slice(0, prefix.length) !== prefix) return null;
  const end = isPadded ? data.lastIndexOf(suffix) : data.length - suffix.length;
  if (end <= prefix.length) return null;
  if (isPadded ? !isPadding(data, end + suffix.length) : data.slice(end) !== suffix) return null;
  return textOf(data.slice(prefix.length, end));
}

/** What stands inside of a text in JSON; null for what is not the inside of one text. */
export function textOf(written: string): string | null {
  return NEEDS_PARSING.test(written) ? parseText(written) : written;
}

/** Whether a chunk ends in nothing but padding, from here on. */
function isPadding(data: string, start: number): boolean {
  const end = data.length - PADDING_END.length;
  return start <= end && data.endsWith(PADDING_END) && PADDING.test(data.slice(start, end));
}

function parseText(written: string): string | null {
  try {
    const text: unknown = JSON.parse(`"${written}"`);
    return typeof text === 'string' && text !== '' ? text : null;
  } catch {
    return null;
  }
}
