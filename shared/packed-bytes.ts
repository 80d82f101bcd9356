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
  const limit = { maxOutputLength: bytesMax };
  return bytes.length > AT_ONCE_BYTES_MAX ? await decompress(bytes, limit) : zstdDecompressSync(bytes, limit);
}
