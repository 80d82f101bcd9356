import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type HookRecord, hookRecordSchema } from '#shared/domain/hook-record.ts';
import { TrimtabError } from '#shared/errors.ts';

const decompress = promisify(zstdDecompress);
/** Eight mebibytes on the queue unpack to this at most; more is an attack, or a mistake. */
const RECORD_BYTES_MAX = 64 * 1_024 * 1_024;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/**
 * Reads the `record` of a queue-hook envelope: an object, JSON text, or base64 of zstd-compressed JSON.
 *
 * @throws TrimtabError `invalid_request` that names what is wrong and where
 */
export async function decodeHookRecord(record: unknown): Promise<HookRecord> {
  const value = await readHookJson(record);
  const parsed = hookRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`);
  throw new TrimtabError('invalid_request', `the record does not fit queue-hook v1: ${problems.join('; ')}`);
}

/** The value that stands in a record, whatever it is. Throws `invalid_request` for what holds no JSON. */
export async function readHookJson(record: unknown): Promise<unknown> {
  return typeof record === 'string' ? parseJson(await textOf(record)) : record;
}

async function textOf(record: string): Promise<string> {
  if (record.trimStart().startsWith('{')) return record;
  if (!BASE64.test(record)) throw new TrimtabError('invalid_request', 'the record is neither JSON nor base64');
  try {
    const plain = await decompress(Buffer.from(record, 'base64'), { maxOutputLength: RECORD_BYTES_MAX });
    return plain.toString('utf8');
  } catch {
    throw new TrimtabError('invalid_request', `the record is not zstd, or unpacks to over ${RECORD_BYTES_MAX} bytes`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TrimtabError('invalid_request', 'the record is not JSON');
  }
}
