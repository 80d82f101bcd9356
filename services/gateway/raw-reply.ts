import { UPSTREAM_RAW_CHARACTERS_MAX } from '#shared/capture/capture-content.ts';
import { freeBytes } from '#shared/free-bytes.ts';

/** What is kept of a raw reply: its bytes, in order, or a text that was put together of several. */
export type RawReply = readonly Uint8Array[] | string;

/** Of a reply that came whole: its own bytes, up to a limit. */
export function keepReply(
  bytes: Uint8Array,
  bytesMax: number = UPSTREAM_RAW_CHARACTERS_MAX,
): { readonly kept: RawReply; readonly isTruncated: boolean } {
  if (bytes.length <= bytesMax) return { kept: [bytes], isTruncated: false };
  return { kept: [bytes.subarray(0, bytesMax)], isTruncated: true };
}

/** The raw reply as text. */
export function rawText(raw: RawReply): string {
  return typeof raw === 'string' ? raw : Buffer.concat(raw).toString('utf8');
}

/** Room for a short answer, out of memory that small buffers share; longer ones take four times as much each time. */
const FIRST_BYTES = 4_000;
const GROWTH = 4;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Keeps the raw reply of an upstream as it comes, up to a limit. Pieces are copied: each of them has memory of its own,
 * which dies young when nobody holds it, and is moved about and counted as long as somebody does.
 */
export class RawReplyBuffer {
  readonly #bytesMax: number;
  #bytes = NOTHING;
  #size = 0;
  #isTruncated = false;

  constructor(bytesMax: number = UPSTREAM_RAW_CHARACTERS_MAX) {
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
    const size = this.#size + kept.length;
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(kept, this.#size);
    this.#size = size;
  }

  /** What was kept so far; it must not be read any more once something else is pushed. */
  kept(): RawReply {
    return this.#size === 0 ? [] : [this.#bytes.subarray(0, this.#size)];
  }

  #grow(size: number): void {
    const outgrown = this.#bytes;
    const larger = Buffer.allocUnsafe(Math.min(this.#bytesMax, Math.max(FIRST_BYTES, size, GROWTH * outgrown.length)));
    larger.set(outgrown.subarray(0, this.#size));
    this.#bytes = larger;
    if (outgrown.length > 0) freeBytes(outgrown);
  }
}
