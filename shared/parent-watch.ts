/** The part of `process` that matters here, so that a test can stand in for a parent. */
export interface ParentLink {
  readonly connected: boolean;
  readonly channel?: { unref(): void } | null | undefined;
  once(event: 'disconnect', listener: () => void): unknown;
  exit(code: number): void;
}

/** How long a service may take to put its work away once nobody supervises it any more. */
const STOP_DEADLINE_MS = 20_000;

/**
 * Runs `stop` when the supervising process is gone. A killed supervisor sends no signal; what its children see is that
 * the message channel closes, and without this they would keep their ports and work on under nobody's eyes.
 * Ends the process when `stop` has settled, or after `STOP_DEADLINE_MS`. Does nothing in a process without a supervisor.
 */
export function watchParent(stop: () => Promise<void>, parent: ParentLink = process): void {
  if (!parent.connected) return;
  // The open channel alone must not keep a service alive that has already stopped by itself.
  parent.channel?.unref();
  parent.once('disconnect', () => {
    const deadline = setTimeout(() => parent.exit(1), STOP_DEADLINE_MS);
    void stop()
      .then(
        () => parent.exit(0),
        () => parent.exit(1),
      )
      .finally(() => clearTimeout(deadline));
  });
}
