/** Where the value of a top-level member lies in the text, `end` exclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = new Set([123, 91]);
const CLOSING = new Set([125, 93]);
const COLON = 58;
const COMMA = 44;

/**
 * Replaces or adds top-level members of a JSON object in its bytes and leaves every other byte as it is: signed
 * thinking blocks and prompt caches do not survive a parse and a new text. The bytes must have parsed as an object. Of
 * a member that occurs twice, the last one counts for a parser, so every one is replaced.
 */
export function spliceJson(bytes: Buffer, members: Readonly<Record<string, unknown>>): Buffer {
  const ranges = topLevelRanges(bytes);
  const pieces: Buffer[] = [];
  let position = 0;
  for (const { name, start, end } of ranges) {
    if (!Object.hasOwn(members, name)) continue;
    pieces.push(bytes.subarray(position, start), Buffer.from(JSON.stringify(members[name])));
    position = end;
  }
  const known = new Set(ranges.map(({ name }) => name));
  const added = Object.entries(members).filter(([name]) => !known.has(name));
  const rest = bytes.subarray(position);
  if (added.length === 0) return Buffer.concat([...pieces, rest]);
  const text = added.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const closing = rest.lastIndexOf('}');
  const comma = ranges.length === 0 ? '' : ',';
  return Buffer.concat([...pieces, rest.subarray(0, closing), Buffer.from(comma + text), rest.subarray(closing)]);
}

function topLevelRanges(bytes: Buffer): (Range & { readonly name: string })[] {
  const ranges: (Range & { readonly name: string })[] = [];
  let depth = 0;
  let name: string | null = null;
  let lastString: Range = { start: 0, end: 0 };
  let valueStart = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      if (depth === 1 && name === null) lastString = { start: index, end };
      index = end - 1;
    } else if (depth === 1 && byte === COLON && name === null) {
      name = JSON.parse(bytes.toString('utf8', lastString.start, lastString.end)) as string;
      valueStart = index + 1;
    } else if (depth === 1 && name !== null && (byte === COMMA || CLOSING.has(byte))) {
      ranges.push({ name, start: valueStart, end: index });
      name = null;
      if (byte !== COMMA) depth -= 1;
    } else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
  }
  return ranges;
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  for (let index = start + 1; index < bytes.length; index += 1) {
    if (bytes[index] === BACKSLASH) index += 1;
    else if (bytes[index] === QUOTE) return index + 1;
  }
  return bytes.length;
}
