import { UPSTREAM_RAW_CHARACTERS_MAX } from '#shared/capture/capture-content.ts';

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
