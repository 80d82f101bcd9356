/** What becomes of the pieces of a body. */
export interface PieceTaker {
  /** Takes a piece; a promise holds the body back until it is kept. */
  take(bytes: Buffer): Promise<void> | undefined;
  /** Asked after every piece: true ends the reading, and leaves the body as it is. */
  isOver(): boolean;
}

/** The body of an answer. Of what is not read yet little is held; the upstream waits with the rest. */
export interface UpstreamBody {
  /**
   * Reads piece by piece to the end. Rejects when the body fails or is destroyed before, or when `take` throws. To be
   * called once.
   */
  read(taker: PieceTaker): Promise<void>;
  /** Lets the rest go by, so that the connection can serve the next request. */
  discard(): void;
  /** Breaks the body off, and its connection with it; what is at its end stays as it is. */
  destroy(reason?: Error): void;
}

/** A body was not at its end when its time was over. */
export class TotalTimeoutError extends Error {
  readonly code = 'TOTAL_TIMEOUT';
}
