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
export async function readRequestBody(
  body: Readable,
  bytesMax: number,
  options: { readonly isKept: boolean },
): Promise<ReadRequestBody> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (options.isKept && size <= bytesMax) pieces.push(piece);
      else pieces.length = 0;
      if (size > bytesMax * OVERRUN_FACTOR) break;
    }
  } catch {
    return { type: 'aborted' };
  }
  return size > bytesMax ? { type: 'too_large' } : { type: 'complete', bytes: Buffer.concat(pieces) };
}
