import { encodeOneByte } from './one-byte-json.ts';

/** Elements that many lists begin with, and their JSON without its closing bracket. */
export interface CommonStart {
  readonly elements: readonly unknown[];
  /** Written when it is first asked for. */
  json: Buffer | null;
  /** A shorter one, from whose JSON this one goes on. */
  before: CommonStart | null;
}

const COMMA = ',';
/** The JSON of lists that come again, written when it is first asked for. */
const whole = new WeakMap<object, Buffer | null>();
const starts = new WeakMap<object, CommonStart>();

/** Keeps the JSON of a list that comes again and does not change. */
export function writeOnce(list: readonly unknown[]): void {
  whole.set(list, null);
}

/** Says of a list with which elements, one at least, it begins. */
export function beginsWith(list: readonly unknown[], start: CommonStart): void {
  starts.set(list, start);
}

/** As `encodeOneByte`, the same bytes; what was written before is not written again. */
export function encodeOneByteBody(body: object): Buffer {
  const pieces: (string | Buffer)[] = [];
  let text = '{';
  for (const [name, value] of Object.entries(body)) {
    const known = typeof value === 'object' && value !== null ? knownJson(value as object) : undefined;
    const json = known === undefined ? JSON.stringify(value) : '';
    // What has no JSON is left out.
    if (json === undefined) continue;
    text += `${text === '{' && pieces.length === 0 ? '' : COMMA}${JSON.stringify(name)}:${json}`;
    if (known === undefined) continue;
    pieces.push(text, known.json);
    text = known.rest;
  }
  pieces.push(`${text}}`);
  return joined(pieces);
}

/** The JSON of a list as far as it was written before, and the rest of it. */
function knownJson(list: object): { readonly json: Buffer; readonly rest: string } | undefined {
  const written = whole.get(list);
  if (written !== undefined) {
    const json = written ?? encodeOneByte(list);
    if (written === null) whole.set(list, json);
    return { json, rest: '' };
  }
  const start = starts.get(list);
  if (start === undefined || !Array.isArray(list)) return undefined;
  start.json ??= writtenStart(start);
  const rest =
    list.length === start.elements.length ? ']' : COMMA + JSON.stringify(list.slice(start.elements.length)).slice(1);
  return { json: start.json, rest };
}

function writtenStart(start: CommonStart): Buffer {
  const { before, elements } = start;
  // Else every request would keep all before it.
  start.before = null;
  if (before === null || before.json === null) return encodeOneByte(elements).subarray(0, -1);
  const more = elements.slice(before.elements.length);
  return more.length === 0 ? before.json : joined([before.json, COMMA + JSON.stringify(more).slice(1, -1)]);
}

function joined(pieces: readonly (string | Buffer)[]): Buffer {
  const bytes = Buffer.allocUnsafe(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') bytes.write(piece, at, 'latin1');
    else piece.copy(bytes, at);
    at += piece.length;
  }
  return bytes;
}
