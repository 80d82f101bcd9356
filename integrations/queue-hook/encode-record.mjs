import * as zlib from 'node:zlib';

/** Smaller records are not worth the work of compressing them. */
const COMPRESS_FROM_BYTES = 8 * 1024;

/**
 * A call record as the text that travels on the queue: base64 of zstd-compressed JSON where this Node can do that and
 * the record is worth it, else JSON in ASCII. Neither holds a character that any store would refuse.
 *
 * @param {import('./queue-hook.mjs').HookRecord} record
 * @returns {string}
 */
export function encodeRecord(record) {
  const json = JSON.stringify(record);
  if (json.length >= COMPRESS_FROM_BYTES && 'zstdCompressSync' in zlib) {
    return zlib.zstdCompressSync(Buffer.from(json)).toString('base64');
  }
  return json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
