import { hash } from 'node:crypto';

/**
 * `message` is a message kept whole because it is not a role with a list of blocks. `reply` is a raw reply with the
 * envelope of the message made of it; `raw` and `response` are the two of them apart.
 */
export type BlockKind = 'content' | 'message' | 'tool' | 'parameters' | 'response' | 'raw' | 'reply';

/** SHA-256 takes its input in blocks of so many bytes, and HMAC fills the key up to one. */
const HASH_BLOCK_BYTES = 64;
const NO_PARENT = Buffer.alloc(32);

/** The two fillings of a key that HMAC hashes with, made once for each project. */
const paddings = new WeakMap<Buffer, { readonly inner: Buffer; readonly outer: Buffer }>();

/**
 * Key of a block: HMAC-SHA256 with the project's key, so that equal content is stored once per project and a key tells
 * nothing to who does not have the project's. Equal values have equal keys whatever the order of their fields.
 */
export function blockKeyOf(projectKey: Buffer, kind: BlockKind, value: unknown): Buffer {
  return blockKeyOfText(projectKey, kind, orderedJson(value));
}

/** The same for what is no JSON value. */
export function blockKeyOfText(projectKey: Buffer, kind: BlockKind, text: string): Buffer {
  return hmac(projectKey, `${kind}\u0000${text}`);
}

/** Hash of a transcript node: its parent, who speaks, whether a message starts here, and the block. */
export function nodeHashOf(parent: Buffer | null, role: string, startsMessage: boolean, blockKey: Buffer): Buffer {
  return sha256([parent ?? NO_PARENT, Buffer.from(`${role}\u0000${startsMessage ? 1 : 0}`), blockKey]);
}

/** By RFC 2104, because one-shot hashes cost a third of what an HMAC object does, and blocks are many and small. */
function hmac(key: Buffer, text: string): Buffer {
  const { inner, outer } = paddings.get(key) ?? paddingsOf(key);
  return sha256([outer, sha256([inner, Buffer.from(text)])]);
}

function paddingsOf(key: Buffer): { readonly inner: Buffer; readonly outer: Buffer } {
  const filled = Buffer.alloc(HASH_BLOCK_BYTES);
  (key.length > HASH_BLOCK_BYTES ? sha256([key]) : key).copy(filled);
  const made = { inner: filled.map((byte) => byte ^ 0x36), outer: filled.map((byte) => byte ^ 0x5c) };
  const buffers = { inner: Buffer.from(made.inner), outer: Buffer.from(made.outer) };
  paddings.set(key, buffers);
  return buffers;
}

function sha256(parts: readonly Buffer[]): Buffer {
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

/**
 * JSON with sorted fields. Not RFC 8785's form, which refuses lone surrogates: model traffic contains them, and JSON's
 * escapes keep them apart.
 */
export function orderedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return Array.isArray(value) ? orderedList(value) : orderedObject(value as Readonly<Record<string, unknown>>);
}

/** By loops, as texts of all blocks of all calls are made here: pairs and lists in between were most of the garbage. */
function orderedList(values: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) text += ',';
    text += orderedJson(values[index]);
  }
  return `${text}]`;
}

function orderedObject(fields: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const name of Object.keys(fields).sort()) {
    const member = fields[name];
    if (member === undefined) continue;
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${orderedJson(member)}`;
  }
  return `${text}}`;
}
