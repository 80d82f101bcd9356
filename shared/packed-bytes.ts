import { promisify } from 'node:util';
import { zstdDecompress, zstdDecompressSync } from 'node:zlib';

const decompress = promisify(zstdDecompress);

/** First bytes of every zstd frame. No text starts so, which is how packed and plain bytes are told apart. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * Up to here the work takes tenths of a millisecond, less than the way to another thread and back: scoring, which
 * unpacks every block of a history, spent 40 % of its time on that way. And the threads are those that sync the disk.
 */
const AT_ONCE_BYTES_MAX = 64 * 1_024;

/** What Node makes room for at a time when it is told nothing. */
const CHUNK_BYTES = 16 * 1_024;
/** A piece that is filled to its last byte is followed by another one. */
const CHUNK_SPARE_BYTES = 64;

/**
 * UTF-8 text that may have been compressed with zstd. Rejects when it would have more than `bytesMax` bytes, or when the
 * bytes are damaged.
 */
export async function unpackText(bytes: Buffer, bytesMax: number): Promise<string> {
  return (await unpackBytes(bytes, bytesMax)).toString('utf8');
}

/** The bytes as they were before they were compressed, if they were. Rejects as `unpackText` does. */
export async function unpackBytes(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  const isPacked = bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
  if (!isPacked) return bytes;
  const options = { maxOutputLength: bytesMax, chunkSize: chunkBytesFor(bytes, bytesMax) };
  return bytes.length > AT_ONCE_BYTES_MAX ? await decompress(bytes, options) : zstdDecompressSync(bytes, options);
}

/**
 * All the memory of what `unpackBytes` has made, to be given back with it; null where others may have a part of it, as of
 * the pieces that Node cuts small buffers from.
 */
export function memoryOfUnpacked({ buffer, byteOffset, byteLength }: Buffer): Uint8Array | null {
  return byteOffset === 0 && buffer.byteLength - byteLength <= CHUNK_SPARE_BYTES ? new Uint8Array(buffer) : null;
}

/**
 * So much that everything fits into one piece, and is not put together of pieces of 16 kB, where a frame says how much it
 * is: by RFC 8878, 3.1.1.1, with a field of four bytes, as `zstdCompress` writes it between 65,792 bytes and 4 GB.
 */
function chunkBytesFor(bytes: Buffer, bytesMax: number): number {
  const descriptor = bytes[ZSTD_MAGIC.length] ?? 0;
  const [fieldSize, isSingleSegment, dictionaryIdSize] = [descriptor >> 6, (descriptor >> 5) & 1, descriptor & 3];
  const at = ZSTD_MAGIC.length + 1 + (1 - isSingleSegment);
  if (fieldSize !== 2 || dictionaryIdSize !== 0 || bytes.length < at + 4) return CHUNK_BYTES;
  const size = bytes.readUInt32LE(at);
  return size > bytesMax ? CHUNK_BYTES : size + CHUNK_SPARE_BYTES;
}
