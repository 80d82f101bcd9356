import { type PieceTaker, TotalTimeoutError, type UpstreamBody } from './upstream-body.ts';

export type ReadBody =
  | { readonly type: 'complete'; readonly bytes: Buffer }
  | { readonly type: 'failed'; readonly reason: 'too_large' | 'idle_timeout' | 'total_timeout' | 'cut' };

/** A whole answer; 64 MiB hold any answer a model can give. */
const UPSTREAM_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Reads a response body whole, up to a limit in bytes. */
export async function readBody(body: UpstreamBody, bytesMax: number = UPSTREAM_BODY_BYTES_MAX): Promise<ReadBody> {
  const whole = new WholeBody(bytesMax);
  try {
    await body.read(whole);
  } catch (error) {
    return { type: 'failed', reason: breakOf(error) };
  }
  if (whole.isOver()) {
    body.destroy();
    return { type: 'failed', reason: 'too_large' };
  }
  return { type: 'complete', bytes: whole.bytes() };
}

class WholeBody implements PieceTaker {
  readonly #bytesMax: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  take(piece: Buffer): undefined {
    this.#size += piece.length;
    this.#pieces.push(piece);
  }

  isOver(): boolean {
    return this.#size > this.#bytesMax;
  }

  bytes(): Buffer {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces, this.#size);
  }
}

/** Why a body ended before its end. */
export function breakOf(error: unknown): 'idle_timeout' | 'total_timeout' | 'cut' {
  if (error instanceof TotalTimeoutError) return 'total_timeout';
  const isIdle = error instanceof Error && 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT';
  return isIdle ? 'idle_timeout' : 'cut';
}
