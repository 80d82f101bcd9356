import { crc32 } from 'node:zlib';
import { FRAME_BYTES_MAX } from './spool-limits.ts';

/**
 * What stands in a segment file.
 * `begin`: a call was taken, before any upstream work. `record`: the call and its content. `drop`: records that were
 * given up, by a policy. `lost`: written at the next start for each call that a crash left without a record.
 */
export type FrameType = 'begin' | 'record' | 'drop' | 'lost';

export interface Frame {
  readonly type: FrameType;
  /** Rises by one from frame to frame over the whole life of a spool. */
  readonly sequence: number;
  /** UUID of the call; all zeros in a `drop` frame that counts several calls. */
  readonly callId: string;
  readonly projectId: string;
  /** Of a `record` its payload, of a `drop` the count of calls, else empty. */
  readonly body: Buffer;
}

export const NO_CALL_ID = '00000000-0000-0000-0000-000000000000';

/**
 * magic 4 | CRC-32 of all that follows 4 | length of project and body 4 | type 1 | sequence 6 | call id 16
 * | length of project id 1 | project id | body. The magic is what a reader looks for behind a damaged place.
 */
const MAGIC = Buffer.from([0x89, 0x54, 0x53, 0x50]);
const CRC_AT = 4;
const CHECKED_FROM = 8;
const TYPE_AT = 12;
const SEQUENCE_AT = 13;
const SEQUENCE_BYTES = 6;
const CALL_ID_AT = 19;
const HEADER_BYTES = 35;
const PROJECT_ID_BYTES_MAX = 255;
const TYPES: readonly FrameType[] = ['begin', 'record', 'drop', 'lost'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether an id can stand in a frame. */
export function isFrameCallId(callId: string): boolean {
  return UUID.test(callId);
}

/** Whether a project can stand in a frame. */
export function isFrameProjectId(projectId: string): boolean {
  return projectId.length > 0 && Buffer.byteLength(projectId) <= PROJECT_ID_BYTES_MAX;
}

/** The frame as the buffers to be written behind each other; the body is not copied. */
export function encodeFrame(frame: Frame): readonly Buffer[] {
  const head = Buffer.alloc(frameSize(frame.projectId, 0));
  writeFrameHead(head, frame, frame.body.length);
  head.writeUIntLE(frame.sequence, SEQUENCE_AT, SEQUENCE_BYTES);
  head.writeUInt32LE(crc32(frame.body, crc32(head.subarray(CHECKED_FROM))), CRC_AT);
  return frame.body.length === 0 ? [head] : [head, frame.body];
}

/** Bytes of a frame on disk. */
export function frameSize(projectId: string, bodyLength: number): number {
  return HEADER_BYTES + 1 + Buffer.byteLength(projectId) + bodyLength;
}

/**
 * Writes all of a frame before its body but what `sealFrame` adds.
 *
 * @returns where the body begins
 */
export function writeFrameHead(
  target: Buffer,
  frame: Pick<Frame, 'type' | 'callId' | 'projectId'>,
  bodyLength: number,
): number {
  MAGIC.copy(target, 0);
  target.writeUInt8(TYPES.indexOf(frame.type), TYPE_AT);
  target.write(frame.callId.replaceAll('-', ''), CALL_ID_AT, 'hex');
  const projectBytes = target.write(frame.projectId, HEADER_BYTES + 1);
  target.writeUInt8(projectBytes, HEADER_BYTES);
  target.writeUInt32LE(1 + projectBytes + bodyLength, CHECKED_FROM);
  return HEADER_BYTES + 1 + projectBytes;
}

/** Gives a whole frame, with its body, its place in the log, and the checksum over all of it. */
export function sealFrame(bytes: Buffer, sequence: number): void {
  bytes.writeUIntLE(sequence, SEQUENCE_AT, SEQUENCE_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM)), CRC_AT);
}

/** Length of the frame that starts here, whose head at least is whole. */
export function frameLengthAt(bytes: Buffer, offset: number): number {
  return HEADER_BYTES + bytes.readUInt32LE(offset + CHECKED_FROM);
}

/** A frame that this process has just written, sealed or not. Null when its head says what it cannot. */
export function openFrame(bytes: Buffer, offset: number, end: number): Frame | null {
  const type = TYPES[bytes.readUInt8(offset + TYPE_AT)];
  const projectEnd = offset + HEADER_BYTES + 1 + bytes.readUInt8(offset + HEADER_BYTES);
  if (type === undefined || projectEnd > end) return null;
  return {
    type,
    sequence: bytes.readUIntLE(offset + SEQUENCE_AT, SEQUENCE_BYTES),
    callId: uuidOf(bytes.toString('hex', offset + CALL_ID_AT, offset + HEADER_BYTES)),
    projectId: bytes.toString('utf8', offset + HEADER_BYTES + 1, projectEnd),
    body: bytes.subarray(projectEnd, end),
  };
}

export type ReadFrame =
  | { readonly type: 'frame'; readonly frame: Frame; readonly end: number }
  /** The bytes end before the frame does, or what says so is damaged. */
  | { readonly type: 'short' }
  | { readonly type: 'damaged' };

/** Reads the frame that starts at `offset`. Never throws, whatever the bytes. */
export function readFrame(bytes: Buffer, offset: number): ReadFrame {
  const magic = bytes.subarray(offset, offset + MAGIC.length);
  if (!MAGIC.subarray(0, magic.length).equals(magic)) return { type: 'damaged' };
  if (offset + HEADER_BYTES > bytes.length) return { type: 'short' };
  const length = bytes.readUInt32LE(offset + CHECKED_FROM);
  if (length < 1 || length > FRAME_BYTES_MAX + PROJECT_ID_BYTES_MAX) return { type: 'damaged' };
  const end = offset + HEADER_BYTES + length;
  if (end > bytes.length) return { type: 'short' };
  if (crc32(bytes.subarray(offset + CHECKED_FROM, end)) !== bytes.readUInt32LE(offset + CRC_AT)) {
    return { type: 'damaged' };
  }
  const frame = openFrame(bytes, offset, end);
  return frame === null ? { type: 'damaged' } : { type: 'frame', frame, end };
}

/** Where the next whole and undamaged frame starts, searching from `offset`, or null. */
export function findFrame(bytes: Buffer, offset: number): number | null {
  for (let at = bytes.indexOf(MAGIC, offset); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
    if (readFrame(bytes, at).type === 'frame') return at;
  }
  return null;
}

/** Bytes a frame takes on disk. */
export function frameBytes(frame: Pick<Frame, 'projectId' | 'body'>): number {
  return frameSize(frame.projectId, frame.body.length);
}

/** Body of a `drop` that counts calls whose begin marker was never written: only their number is kept. */
export function dropCountBody(count: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(count);
  return body;
}

export function dropCountOf(frame: Frame): number {
  return frame.body.length === 4 ? frame.body.readUInt32LE() : 1;
}

function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
