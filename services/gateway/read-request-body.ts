import type { Readable } from 'node:stream';

export type ReadRequestBody =
  | { readonly type: 'complete'; readonly bytes: Buffer }
  | { readonly type: 'too_large' }
  | { readonly type: 'aborted' };

/**
 * How much of a body that is too large is still read, in multiples of the limit. A client that is cut off while it
 * writes sees a broken connection; one that is heard out sees the error that says what to do.
 */
const OVERRUN_FACTOR = 8;

/**
 * Reads a request body of up to `bytesMax` bytes; a larger one is read to its end and thrown away.
 *
 * @param options.isKept false hears the sender out and keeps nothing: strangers get no memory of ours
 */
export function readRequestBody(
  body: Readable,
  bytesMax: number,
  options: { readonly isKept: boolean },
): Promise<ReadRequestBody> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    // What comes after it says nothing new: a promise is settled once.
    const settle = (): void => {
      if (size > bytesMax) resolve({ type: 'too_large' });
      else resolve({ type: 'complete', bytes: joined(pieces, size) });
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (options.isKept && size <= bytesMax) pieces.push(piece);
      else pieces.length = 0;
      if (size <= bytesMax * OVERRUN_FACTOR) return;
      settle();
      body.destroy();
    };
    const onBreak = (): void => resolve({ type: 'aborted' });
    body.on('data', onData).on('end', settle).on('error', onBreak).on('close', onBreak);
  });
}

function joined(pieces: readonly Buffer[], size: number): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces, size);
}
