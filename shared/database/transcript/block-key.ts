import { createHash, createHmac } from 'node:crypto';

/** `message` is a message kept whole because it is not a role with a list of blocks. */
export type BlockKind = 'content' | 'message' | 'tool' | 'parameters' | 'response' | 'raw';

/**
 * Key of a block: HMAC-SHA256 with the project's key, so that equal content is stored once per project and a key tells
 * nothing to who does not have the project's. Equal values have equal keys whatever the order of their fields.
 */
export function blockKeyOf(projectKey: Buffer, kind: BlockKind, value: unknown): Buffer {
  return createHmac('sha256', projectKey)
    .update(`${kind}\u0000${orderedJson(value)}`)
    .digest();
}

/** Hash of a transcript node: its parent, who speaks, whether a message starts here, and the block. */
export function nodeHashOf(parent: Buffer | null, role: string, startsMessage: boolean, blockKey: Buffer): Buffer {
  return createHash('sha256')
    .update(parent ?? Buffer.alloc(32))
    .update(`${role}\u0000${startsMessage ? 1 : 0}`)
    .update(blockKey)
    .digest();
}

/**
 * JSON with sorted fields. Not RFC 8785's form, which refuses lone surrogates: model traffic contains them, and JSON's
 * escapes keep them apart.
 */
function orderedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(orderedJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, member]) => member !== undefined);
    fields.sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${fields.map(([name, member]) => `${JSON.stringify(name)}:${orderedJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
