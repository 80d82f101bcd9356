import type { CanonicalTool } from './canonical.ts';
import type { EncodeTarget } from './encode-target.ts';
import type { Encoding } from './encoding.ts';
import type { JsonObject } from './json-object.ts';
import { areKnownTools } from './known-tools.ts';
import { type Loss, mergeLosses } from './loss.ts';
import { encodeOneByte } from './one-byte-json.ts';

type Tools = readonly CanonicalTool[];
type EncodeTools<Tool> = (encoding: Encoding, tools: Tools) => readonly Tool[];

/** The JSON of lists that come again, written when it is first asked for. */
const texts = new WeakMap<object, Buffer | null>();

interface Made<Tool> {
  readonly tools: readonly Tool[];
  readonly losses: readonly Loss[];
}

/**
 * Keeps what known tools were encoded to: the very same list comes out for the same tools and target, and the same
 * losses are noted. Tools that are not known are encoded every time.
 *
 * @param encode is a function of the tools and of the encoding's target alone
 */
export function onceForKnownTools<Tool>(encode: EncodeTools<Tool>): EncodeTools<Tool> {
  const made = new WeakMap<object, WeakMap<EncodeTarget, Made<Tool>>>();
  return (encoding, tools) => {
    if (!areKnownTools(tools)) return encode(encoding, tools);
    const forTargets = made.get(tools) ?? new WeakMap<EncodeTarget, Made<Tool>>();
    made.set(tools, forTargets);
    let known = forTargets.get(encoding.target);
    if (known === undefined) {
      const losses: Loss[] = [];
      known = { tools: Object.freeze(encode({ ...encoding, losses }, tools)), losses };
      texts.set(known.tools, null);
      forTargets.set(encoding.target, known);
    }
    mergeLosses(encoding.losses, known.losses);
    return known.tools;
  };
}

/** As `encodeOneByte`, the same bytes; `tools` that were encoded before are not written again. */
export function encodeOneByteBody(body: object): Buffer {
  const { tools } = body as JsonObject;
  const text = typeof tools === 'object' && tools !== null ? writtenOnce(tools) : undefined;
  if (text === undefined) return encodeOneByte(body);
  const before = Object.create(null) as JsonObject;
  const after = Object.create(null) as JsonObject;
  let members = before;
  for (const [name, value] of Object.entries(body)) {
    if (name === 'tools') members = after;
    else members[name] = value;
  }
  const head = JSON.stringify(before).slice(0, -1);
  const tail = JSON.stringify(after).slice(1);
  const start = `${head}${head.length > 1 ? ',' : ''}"tools":`;
  const end = `${tail.length > 1 ? ',' : ''}${tail}`;
  const bytes = Buffer.allocUnsafe(start.length + text.length + end.length);
  bytes.write(start, 0, 'latin1');
  text.copy(bytes, start.length);
  bytes.write(end, start.length + text.length, 'latin1');
  return bytes;
}

function writtenOnce(tools: object): Buffer | undefined {
  const known = texts.get(tools);
  if (known !== null) return known;
  const text = encodeOneByte(tools);
  texts.set(tools, text);
  return text;
}
