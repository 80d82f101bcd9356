import { UPSTREAM_RAW_CHARACTERS_MAX } from '#shared/capture/capture-content.ts';

/** What is kept of a raw reply. */
export interface KeptReply {
  readonly text: string;
  readonly isTruncated: boolean;
}

/** Of a reply that came whole: its own text, when that is within the limit. */
export function keepReply(bytes: Uint8Array, text: string, bytesMax: number = UPSTREAM_RAW_CHARACTERS_MAX): KeptReply {
  if (bytes.length <= bytesMax) return { text, isTruncated: false };
  return { text: Buffer.from(bytes.subarray(0, bytesMax)).toString('utf8'), isTruncated: true };
}

/** Keeps the raw reply of an upstream, up to a limit. */
export interface RawReply {
  push(bytes: Uint8Array): void;
  text(): string;
  readonly isTruncated: boolean;
}

export function createRawReply(bytesMax: number = UPSTREAM_RAW_CHARACTERS_MAX): RawReply {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let isTruncated = false;
  return {
    get isTruncated() {
      return isTruncated;
    },
    push(bytes) {
      const room = bytesMax - size;
      if (bytes.length > room) isTruncated = true;
      if (room <= 0) return;
      const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
      pieces.push(kept);
      size += kept.length;
    },
    text: () => Buffer.concat(pieces).toString('utf8'),
  };
}
