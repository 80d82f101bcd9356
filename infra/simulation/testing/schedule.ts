import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

/** A life of a process: what belongs to one that was killed never goes on. */
export interface Life {
  isOver: boolean;
}

interface Pending {
  readonly life: Life;
  readonly dueMs: number;
  readonly go: () => void;
}

/** The event loop has nothing more to do of itself after so many turns: every wait of the code under test is ours. */
const TURNS_TO_REST = 2;

/**
 * One order of events out of all possible ones, drawn from a seed, on a clock that only the schedule moves. Whatever
 * waits for a disk, a store or a time-out waits here, and goes on when it is drawn.
 */
export class Schedule {
  readonly random: () => number;
  #nowMs = 0;
  #steps = 0;
  #pending: Pending[] = [];

  constructor(random: () => number) {
    this.random = random;
  }

  /** Virtual, milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get steps(): number {
    return this.#steps;
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Resolves when it is this one's turn, at the earliest after a while. Never, if the process is killed before. */
  turn(life: Life, afterMs = 0): Promise<void> {
    return new Promise((resolve) => {
      if (!life.isOver) this.#pending.push({ life, dueMs: this.#nowMs + afterMs, go: resolve });
    });
  }

  /** Lets one waiting thing go on. False when nothing waits. */
  async step(): Promise<boolean> {
    await this.#rest();
    this.#pending = this.#pending.filter(({ life }) => !life.isOver);
    const due = this.#pending.filter(({ dueMs }) => dueMs <= this.#nowMs);
    const first = due.length > 0 ? due[this.below(due.length)] : this.#earliest();
    if (first === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, first.dueMs);
    this.#pending.splice(this.#pending.indexOf(first), 1);
    this.#steps += 1;
    first.go();
    await this.#rest();
    return true;
  }

  #earliest(): Pending | undefined {
    let earliest = this.#pending[0];
    for (const each of this.#pending) if (earliest !== undefined && each.dueMs < earliest.dueMs) earliest = each;
    return earliest;
  }

  async #rest(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_REST; turn += 1) await turnOfTheLoop();
  }
}
