/** A step that takes less holds up a thread for a part of the time in which a group gathers. */
const QUICK_MS = 1;

/**
 * Decides who waits for the disk: this thread itself, while steps of a kind take less than a millisecond, or a thread
 * beside it. On a quick disk, or one with a memory of its own, the way to another thread and back costs more of the
 * processor than the step. After a slow step this thread waits for none until one beside it was quick.
 */
export class DiskPace {
  readonly #now: () => number;
  #isQuick = false;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now;
  }

  async run<T>(inThisThread: () => T, besideIt: () => Promise<T>): Promise<T> {
    const startedMs = this.#now();
    try {
      return this.#isQuick ? inThisThread() : await besideIt();
    } finally {
      this.#isQuick = this.#now() - startedMs < QUICK_MS;
    }
  }
}
