import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { type CallRecord, callRecordSchema } from '#shared/domain/call-record.ts';
import { COMPRESS_FROM_BYTES, FRAME_BYTES_MAX } from './spool-limits.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** First bytes of every zstd frame. JSON never starts so, which is how the two are told apart. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** JSON of a record, compressed on another thread when that pays. Lone surrogates are kept, as JSON escapes. */
export async function encodeRecord(record: CallRecord): Promise<Buffer> {
  const plain = Buffer.from(JSON.stringify(record));
  if (plain.length < COMPRESS_FROM_BYTES) return plain;
  const packed = await compress(plain);
  return packed.length < plain.length ? packed : plain;
}

export type DecodedRecord =
  | { readonly type: 'record'; readonly record: CallRecord }
  | { readonly type: 'unreadable'; readonly reason: string };

/** A record read back. Its call is parsed, its content is whatever the client and the provider sent. */
export async function decodeRecord(body: Buffer): Promise<DecodedRecord> {
  let value: unknown;
  try {
    const isPacked = body.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
    const plain = isPacked ? await decompress(body, { maxOutputLength: 4 * FRAME_BYTES_MAX }) : body;
    value = JSON.parse(plain.toString('utf8'));
  } catch {
    return { type: 'unreadable', reason: 'payload is not JSON' };
  }
  const parsed = callRecordSchema.safeParse(value);
  if (parsed.success) return { type: 'record', record: parsed.data };
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  return { type: 'unreadable', reason: `record does not fit its schema at ${where}`.slice(0, 200) };
}
