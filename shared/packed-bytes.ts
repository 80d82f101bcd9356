import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** First bytes of every zstd frame. No text starts so, which is how packed and plain bytes are told apart. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** UTF-8 text as bytes, compressed with zstd on another thread when it has `fromBytes` or more and gets smaller by it. */
export async function packText(text: string, fromBytes: number): Promise<Buffer> {
  const plain = Buffer.from(text);
  if (plain.length < fromBytes) return plain;
  const packed = await compress(plain);
  return packed.length < plain.length ? packed : plain;
}

/** The text of `packText`. Rejects when it would have more than `bytesMax` bytes, or the bytes are damaged. */
export async function unpackText(bytes: Buffer, bytesMax: number): Promise<string> {
  const isPacked = bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
  const plain = isPacked ? await decompress(bytes, { maxOutputLength: bytesMax }) : bytes;
  return plain.toString('utf8');
}
