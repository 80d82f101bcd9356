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
  return new KeptPieces(bytesMax);
}

/** A class for its getter: an object literal with one would keep the pieces until the whole heap is searched. */
class KeptPieces implements RawReply {
  readonly #bytesMax: number;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  #isTruncated = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  push(bytes: Uint8Array): void {
    const room = this.#bytesMax - this.#size;
    if (bytes.length > room) this.#isTruncated = true;
    if (room <= 0) return;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#pieces.push(kept);
    this.#size += kept.length;
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}
