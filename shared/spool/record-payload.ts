import { type CallRecord, callRecordSchema } from '#shared/domain/call-record.ts';
import { packText, unpackText } from '#shared/packed-bytes.ts';
import { COMPRESS_FROM_BYTES, FRAME_BYTES_MAX } from './spool-limits.ts';

/** JSON compresses well; what unpacks to more than this is not a record of ours. */
const RECORD_BYTES_MAX = 4 * FRAME_BYTES_MAX;

/** JSON of a record, compressed on another thread when that pays. Lone surrogates are kept, as JSON escapes. */
export async function encodeRecord(record: CallRecord): Promise<Buffer> {
  return packText(JSON.stringify(record), COMPRESS_FROM_BYTES);
}

export type DecodedRecord =
  | { readonly type: 'record'; readonly record: CallRecord }
  | { readonly type: 'unreadable'; readonly reason: string };

/** A record read back. Its call is parsed, its content is whatever the client and the provider sent. */
export async function decodeRecord(body: Buffer): Promise<DecodedRecord> {
  let value: unknown;
  try {
    value = JSON.parse(await unpackText(body, RECORD_BYTES_MAX));
  } catch {
    return { type: 'unreadable', reason: 'payload is not JSON' };
  }
  const parsed = callRecordSchema.safeParse(value);
  if (parsed.success) return { type: 'record', record: parsed.data };
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  return { type: 'unreadable', reason: `record does not fit its schema at ${where}`.slice(0, 200) };
}
