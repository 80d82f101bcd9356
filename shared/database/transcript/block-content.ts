import { promisify } from 'node:util';
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { unpackText } from '#shared/packed-bytes.ts';
import { WIRE_WORDS } from './wire-words.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Stands before what is packed with `WIRE_WORDS`; no JSON text and no zstd frame starts so. */
const WITH_WORDS = 1;
/** Below this little is saved: a twentieth of what is stored, for a third of the calls to zstd, which cost alike. */
const PACK_FROM_BYTES = 512;
/** Up to here the work takes less time than the way to another thread and back. */
const AT_ONCE_BYTES_MAX = 64 * 1_024;
/**
 * For small texts: a twentieth smaller than by the usual level for a tenth of the time more, with tables that are small
 * enough to be made anew for each.
 */
const SMALL = {
  [constants.ZSTD_c_compressionLevel]: 4,
  [constants.ZSTD_c_windowLog]: 14,
  [constants.ZSTD_c_hashLog]: 12,
  [constants.ZSTD_c_chainLog]: 12,
};
/** What zstd may put around what it cannot compress, and the least that Node takes for a chunk. */
const FRAME_BYTES = 64;
/** With the dictionary, what the window of small texts holds. */
const SMALL_BYTES_MAX = 8 * 1_024;

/** JSON of a block as it is stored. */
export async function packBlock(text: string): Promise<Buffer> {
  const plain = Buffer.from(text);
  if (plain.length < PACK_FROM_BYTES) return plain;
  const packed = await packWith(plain, WIRE_WORDS);
  return packed.length + 1 < plain.length ? Buffer.concat([Buffer.of(WITH_WORDS), packed]) : plain;
}

/** The text of `packBlock`, of this version or an earlier one. Rejects when it is damaged or has more bytes than that. */
export async function unpackBlock(content: Buffer, bytesMax: number): Promise<string> {
  if (content[0] !== WITH_WORDS) return await unpackText(content, bytesMax);
  return (await unpackWith(content.subarray(1), WIRE_WORDS, bytesMax)).toString('utf8');
}

/** Compresses with a text for zstd to refer to. Nothing reads it without that text. */
export async function packWith(plain: Buffer, dictionary: Buffer, params: ZstdOptions['params'] = {}): Promise<Buffer> {
  const isSmall = plain.length + dictionary.length <= SMALL_BYTES_MAX + WIRE_WORDS.length;
  // By itself Node makes room for 16 kB each time, which is garbage at once.
  const chunkSize = Math.min(AT_ONCE_BYTES_MAX, plain.length + FRAME_BYTES);
  // Told the length, zstd takes tables for so much, and not for megabytes.
  const size = isSmall ? { params: { ...SMALL, ...params } } : { params, pledgedSrcSize: plain.length };
  const options = { dictionary, chunkSize, ...size };
  return plain.length > AT_ONCE_BYTES_MAX ? await compress(plain, options) : zstdCompressSync(plain, options);
}

/** What `packWith` was given. */
export async function unpackWith(packed: Buffer, dictionary: Buffer, bytesMax: number): Promise<Buffer> {
  const options = { dictionary, maxOutputLength: bytesMax };
  return packed.length > AT_ONCE_BYTES_MAX ? await decompress(packed, options) : zstdDecompressSync(packed, options);
}
