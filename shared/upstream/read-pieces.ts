import type { Readable } from 'node:stream';

/** What becomes of the pieces of a body. */
export interface PieceTaker {
  /** Takes a piece; a promise holds the body back until it is kept. */
  take(bytes: Buffer): Promise<void> | undefined;
  /** Asked after every piece: true ends the reading, and leaves the body as it is. */
  isOver(): boolean;
}

/**
 * Reads a body piece by piece to its end, by its events: an iterator would make several promises for every piece, and a
 * streamed answer has thousands. Rejects when the body fails or closes before its end, or when `take` throws.
 */
export function readPieces(body: Readable, taker: PieceTaker): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      body.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      end();
    };
    const onEnd = (): void => settle(resolve);
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => onError(body.errored ?? new Error('the body closed before its end'));
    const goOn = (): void => {
      if (taker.isOver()) settle(resolve);
      else body.resume();
    };
    const onData = (bytes: Buffer): void => {
      try {
        const room = taker.take(bytes);
        if (room !== undefined) {
          body.pause();
          room.then(goOn, onError);
        } else if (taker.isOver()) settle(resolve);
      } catch (fault) {
        onError(fault as Error);
      }
    };
    if (body.readableEnded) return resolve();
    if (body.closed) return onClose();
    body.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}
