/** Where the value of a top-level member lies in the text, `end` exclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

interface Member extends Range {
  readonly name: string;
  /** Where the opening quote of its name is. */
  readonly nameStart: number;
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
 * a member that occurs twice, the last one counts for a parser, so every one is replaced. A value of `undefined` takes
 * the member out.
 *
 * @param toBytes writes a new value
 */
export function spliceJson(
  bytes: Buffer,
  members: Readonly<Record<string, unknown>>,
  toBytes: (value: unknown) => Buffer = utf8Json,
): Buffer {
  const ranges = topLevelRanges(bytes);
  if (Object.values(members).includes(undefined)) return rebuild(bytes, ranges, members, toBytes);
  const pieces: Buffer[] = [];
  let position = 0;
  for (const { name, start, end } of ranges) {
    if (!Object.hasOwn(members, name)) continue;
    pieces.push(bytes.subarray(position, start), toBytes(members[name]));
    position = end;
  }
  const known = new Set(ranges.map(({ name }) => name));
  const added = Object.entries(members).filter(([name]) => !known.has(name));
  const rest = bytes.subarray(position);
  if (added.length === 0) return Buffer.concat([...pieces, rest]);
  const closing = rest.lastIndexOf('}');
  pieces.push(rest.subarray(0, closing));
  for (const [index, [name, value]] of added.entries()) {
    const comma = index === 0 && ranges.length === 0 ? '' : ',';
    pieces.push(Buffer.from(`${comma}${JSON.stringify(name)}:`), toBytes(value));
  }
  return Buffer.concat([...pieces, rest.subarray(closing)]);
}

/** The object of the members that stay, each with the very bytes that it had, and of the new ones. */
function rebuild(
  bytes: Buffer,
  ranges: readonly Member[],
  members: Readonly<Record<string, unknown>>,
  toBytes: (value: unknown) => Buffer,
): Buffer {
  const texts: Buffer[] = [];
  for (const { name, nameStart, start, end } of ranges) {
    if (!Object.hasOwn(members, name)) texts.push(bytes.subarray(nameStart, end));
    else if (members[name] !== undefined) {
      texts.push(Buffer.concat([bytes.subarray(nameStart, start), toBytes(members[name])]));
    }
  }
  const known = new Set(ranges.map(({ name }) => name));
  for (const [name, value] of Object.entries(members)) {
    if (known.has(name) || value === undefined) continue;
    texts.push(Buffer.concat([Buffer.from(`${JSON.stringify(name)}:`), toBytes(value)]));
  }
  const comma = Buffer.from(',');
  const joined = texts.flatMap((text, index) => (index === 0 ? [text] : [comma, text]));
  return Buffer.concat([Buffer.from('{'), ...joined, Buffer.from('}')]);
}

function utf8Json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function topLevelRanges(bytes: Buffer): Member[] {
  const ranges: Member[] = [];
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
      ranges.push({ name, nameStart: lastString.start, start: valueStart, end: index });
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
