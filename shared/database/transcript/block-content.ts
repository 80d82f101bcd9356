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
/** Below this nothing is saved. */
const PACK_FROM_BYTES = 48;
/** Up to here the work takes less time than the way to another thread and back. */
const AT_ONCE_BYTES_MAX = 64 * 1_024;
/** An eighth smaller than by the usual level, for a quarter more of the time, as long as the text is small. */
const LEVEL = 6;
const SMALL_BYTES_MAX = 16 * 1_024;
const USUAL_LEVEL = constants.ZSTD_CLEVEL_DEFAULT;

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
  const level = plain.length > SMALL_BYTES_MAX ? USUAL_LEVEL : LEVEL;
  const options = { dictionary, params: { [constants.ZSTD_c_compressionLevel]: level, ...params } };
  return plain.length > AT_ONCE_BYTES_MAX ? await compress(plain, options) : zstdCompressSync(plain, options);
}

/** What `packWith` was given. */
export async function unpackWith(packed: Buffer, dictionary: Buffer, bytesMax: number): Promise<Buffer> {
  const options = { dictionary, maxOutputLength: bytesMax };
  return packed.length > AT_ONCE_BYTES_MAX ? await decompress(packed, options) : zstdDecompressSync(packed, options);
}
