import type { Readable } from 'node:stream';
import { isTotalTimeout } from './limit-duration.ts';
import { readPieces } from './read-pieces.ts';

export type ReadBody =
  | { readonly type: 'complete'; readonly bytes: Buffer }
  | { readonly type: 'failed'; readonly reason: 'too_large' | 'idle_timeout' | 'total_timeout' | 'cut' };

/** A whole answer; 64 MiB hold any answer a model can give. */
const UPSTREAM_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Reads a response body whole, up to a limit in bytes. */
export async function readBody(body: Readable, bytesMax: number = UPSTREAM_BODY_BYTES_MAX): Promise<ReadBody> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    await readPieces(body, {
      take(piece) {
        size += piece.length;
        pieces.push(piece);
        return undefined;
      },
      isOver: () => size > bytesMax,
    });
  } catch (error) {
    return { type: 'failed', reason: breakOf(error) };
  }
  if (size > bytesMax) {
    body.on('error', () => undefined).destroy();
    return { type: 'failed', reason: 'too_large' };
  }
  return {
    type: 'complete',
    bytes: pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces),
  };
}

/** Why a body ended before its end. */
export function breakOf(error: unknown): 'idle_timeout' | 'total_timeout' | 'cut' {
  if (isTotalTimeout(error)) return 'total_timeout';
  const isIdle = error instanceof Error && 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT';
  return isIdle ? 'idle_timeout' : 'cut';
}
