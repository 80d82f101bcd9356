import { zstdCompressSync } from 'node:zlib';
import * as z from 'zod';
import { callSchema } from '#shared/domain/call.ts';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import type { OfferedCall, OfferedRequest } from '#shared/domain/offered-call.ts';
import { memoryOfUnpacked, unpackBytes } from '#shared/packed-bytes.ts';
import { offeredCallOf } from './offered-call.ts';
import { COMPRESS_FROM_BYTES, FRAME_BYTES_MAX } from './spool-limits.ts';

/**
 * What a `record` frame carries: magic 3 | flags 1 | lengths of the four parts, 4 each | head (JSON of the call and of
 * what the parts are) | request | response | raw reply. Compressed as a whole when the spool fills. Records of older
 * versions are JSON of a `CallRecord`; no JSON and no zstd frame starts with this magic.
 */
const MAGIC = Buffer.from('TR2');
const FLAGS_AT = 3;
const LENGTHS_AT = 4;
const PARTS_AT = 20;
/** The content has to be redacted before it may be written anywhere. */
const IS_UNREDACTED = 1;
/** What unpacks to more than this is not a record of ours. */
const RECORD_BYTES_MAX = 4 * FRAME_BYTES_MAX;

const headSchema = z.object({
  call: callSchema,
  /** Name of the client format whose bytes these are, or `canonical`. */
  request: z.string().nullable(),
  hasResponse: z.boolean(),
  raw: z.enum(['bytes', 'json']).nullable(),
});
type Head = z.infer<typeof headSchema>;
const CANONICAL = 'canonical';

type Part = string | readonly Uint8Array[];

/** An offer, measured; it is written once there is room for it. */
export interface RecordPayload {
  readonly size: number;
  /** Fills `target`, which has exactly `size` bytes. */
  writeTo(target: Buffer): void;
}

/** Costs the stringify of the call's metadata, and a measure of the texts. */
export function recordPayloadOf(offered: OfferedCall): RecordPayload {
  const { call, request, response, upstreamRaw } = offered;
  const raw = rawPart(upstreamRaw);
  const head: Head = {
    call,
    request: request === null ? null : 'bytes' in request ? request.clientFormat : CANONICAL,
    hasResponse: response !== null,
    raw: raw.kind,
  };
  const parts = [JSON.stringify(head), requestPart(request), response ?? '', raw.part];
  const lengths = parts.map(partLength);
  const isUnredacted = call.capture === 'redacted' && !call.completeness.redacted;
  return {
    size: lengths.reduce((sum, length) => sum + length, PARTS_AT),
    writeTo(target) {
      MAGIC.copy(target);
      target.writeUInt8(isUnredacted ? IS_UNREDACTED : 0, FLAGS_AT);
      let at = PARTS_AT;
      for (const [index, part] of parts.entries()) {
        const length = lengths[index] ?? 0;
        target.writeUInt32LE(length, LENGTHS_AT + 4 * index);
        writePart(target, at, part);
        at += length;
      }
    },
  };
}

/** The payload in memory of its own. */
export function encodeRecord(offered: OfferedCall): Buffer {
  const payload = recordPayloadOf(offered);
  const bytes = Buffer.allocUnsafe(payload.size);
  payload.writeTo(bytes);
  return bytes;
}

/** Whether a payload holds what its capture mode does not allow on a disk. */
export function isUnredacted(payload: Buffer): boolean {
  return payload.subarray(0, MAGIC.length).equals(MAGIC) && payload.readUInt8(FLAGS_AT) === IS_UNREDACTED;
}

/** The payload, made small when that pays. Takes a sixth of a millisecond for 100 KB, so only a filling disk is worth it. */
export function compressPayload(payload: Buffer): Buffer {
  if (payload.length < COMPRESS_FROM_BYTES) return payload;
  // Told its length, zstd writes it down, and whoever unpacks it makes room for all of it at once.
  const packed = zstdCompressSync(payload, { pledgedSrcSize: payload.length });
  return packed.length < payload.length ? packed : payload;
}

export type DecodedRecord =
  | {
      readonly type: 'record';
      readonly offered: OfferedCall;
      /** The memory that its bytes are in, where that is neither the payload's nor anybody else's. */
      readonly unpacked?: Uint8Array;
    }
  | { readonly type: 'unreadable'; readonly reason: string };

/** A payload read back. Its call is parsed, its content is whatever the client and the provider sent. */
export async function decodeRecord(payload: Buffer): Promise<DecodedRecord> {
  let bytes: Buffer;
  try {
    bytes = await unpackBytes(payload, RECORD_BYTES_MAX);
  } catch {
    return { type: 'unreadable', reason: 'payload cannot be unpacked' };
  }
  const decoded = bytes.subarray(0, MAGIC.length).equals(MAGIC) ? decodeParts(bytes) : decodeJson(bytes);
  const unpacked = bytes === payload ? null : memoryOfUnpacked(bytes);
  return decoded.type === 'unreadable' || unpacked === null ? decoded : { ...decoded, unpacked };
}

function decodeParts(bytes: Buffer): DecodedRecord {
  if (bytes.length < PARTS_AT) return { type: 'unreadable', reason: 'payload is cut' };
  const parts: Buffer[] = [];
  let at = PARTS_AT;
  for (let index = 0; index < 4; index += 1) {
    const end = at + bytes.readUInt32LE(LENGTHS_AT + 4 * index);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  const [headBytes, requestBytes, responseBytes, rawBytes] = parts;
  if (at !== bytes.length || headBytes === undefined || requestBytes === undefined) {
    return { type: 'unreadable', reason: 'payload is cut' };
  }
  const parsed = parseWith(headSchema, headBytes);
  if (parsed.type === 'unreadable') return parsed;
  const { call, request, hasResponse, raw } = parsed.value;
  try {
    const offered: OfferedCall = {
      call,
      request: request === null ? null : readRequest(request, requestBytes),
      response: hasResponse && responseBytes !== undefined ? responseBytes.toString('utf8') : null,
      upstreamRaw: raw === null || rawBytes === undefined ? null : readRaw(raw, rawBytes),
    };
    return { type: 'record', offered };
  } catch {
    return { type: 'unreadable', reason: 'content is not JSON' };
  }
}

/** Records as earlier versions left them in a spool. */
function decodeJson(bytes: Buffer): DecodedRecord {
  const parsed = parseWith(callRecordSchema, bytes);
  return parsed.type === 'unreadable' ? parsed : { type: 'record', offered: offeredCallOf(parsed.value) };
}

type Parsed<Value> =
  | { readonly type: 'parsed'; readonly value: Value }
  | { readonly type: 'unreadable'; readonly reason: string };

function parseWith<Value>(schema: z.ZodType<Value>, bytes: Buffer): Parsed<Value> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { type: 'unreadable', reason: 'payload is not JSON' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { type: 'parsed', value: parsed.data };
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  return { type: 'unreadable', reason: `record does not fit its schema at ${where}`.slice(0, 200) };
}

function readRequest(kind: string, bytes: Buffer): OfferedRequest {
  if (kind !== CANONICAL) return { bytes, clientFormat: kind };
  return { canonical: z.record(z.string(), z.unknown()).parse(JSON.parse(bytes.toString('utf8'))) };
}

function readRaw(kind: 'bytes' | 'json', bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return kind === 'bytes' ? text : z.string().parse(JSON.parse(text));
}

function requestPart(request: OfferedRequest | null): Part {
  if (request === null) return '';
  return 'bytes' in request ? [request.bytes] : JSON.stringify(request.canonical);
}

/** Text that UTF-8 cannot hold goes as JSON, whose escapes keep lone surrogates. */
function rawPart(raw: OfferedCall['upstreamRaw']): { readonly kind: Head['raw']; readonly part: Part } {
  if (raw === null) return { kind: null, part: '' };
  if (typeof raw !== 'string') return { kind: 'bytes', part: raw };
  return raw.isWellFormed() ? { kind: 'bytes', part: raw } : { kind: 'json', part: JSON.stringify(raw) };
}

function partLength(part: Part): number {
  if (typeof part === 'string') return Buffer.byteLength(part);
  return part.reduce((sum, piece) => sum + piece.length, 0);
}

function writePart(target: Buffer, offset: number, part: Part): void {
  if (typeof part === 'string') {
    target.write(part, offset);
    return;
  }
  let at = offset;
  for (const piece of part) {
    target.set(piece, at);
    at += piece.length;
  }
}
