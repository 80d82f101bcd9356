import type { Dispatcher } from 'undici';
import { type PieceTaker, TotalTimeoutError, type UpstreamBody } from './upstream-body.ts';

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** An answer that has begun. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: UpstreamBody;
}

export interface AnswerLimits {
  readonly signal: AbortSignal;
  /** From the sent request to the end of the body; none when absent or infinite. */
  readonly totalTimeoutMs?: number;
}

interface Waiter<Value> {
  resolve(value: Value): void;
  reject(reason: Error): void;
}

/** So much of a body is held for somebody who does not read it yet. */
const HELD_BYTES_MAX = 64 * 1024;
/** What a timer can be set to. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const INFORMATIONAL_MAX = 199;

/**
 * Sends a request and waits for the headers of its answer. By the dispatcher itself: its `request` makes a stream of
 * every body, which costs more than all the rest of a small call's way, and keeps the bytes until the heap is searched.
 *
 * @throws what `signal` was aborted with, or what the connection broke with
 */
export function openAnswer(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  limits: AnswerLimits,
): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    if (limits.signal.aborted) reject(reasonOf(limits.signal));
    else dispatcher.dispatch(request, new AnswerReader({ resolve, reject }, limits));
  });
}

/** One request's answer, as it comes. A class: what is made for every call must not have shapes of its own. */
class AnswerReader implements Dispatcher.DispatchHandler, UpstreamBody {
  #opening: Waiter<UpstreamAnswer> | null;
  #reading: Waiter<void> | null = null;
  #taker: PieceTaker | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  /** Pieces that nobody has taken yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** A piece is being kept, and the next ones wait. */
  #isKeeping = false;
  #isDiscarded = false;
  #isEnded = false;
  #isLate = false;
  #error: Error | null = null;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(opening: Waiter<UpstreamAnswer>, { signal, totalTimeoutMs = Number.POSITIVE_INFINITY }: AnswerLimits) {
    this.#opening = opening;
    this.#signal = signal;
    signal.addEventListener('abort', this);
    if (totalTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(endOfTime, Math.min(totalTimeoutMs, TIMER_MS_MAX), this);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#error !== null) controller.abort(this.#error);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status <= INFORMATIONAL_MAX) return;
    const opening = this.#opening;
    this.#opening = null;
    opening?.resolve({ status, headers, body: this });
    if (this.#isLate) this.timeOut();
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isDiscarded) return;
    if (this.#taker !== null && !this.#isKeeping) {
      this.#give(this.#taker, bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= HELD_BYTES_MAX) controller.pause();
  }

  onResponseEnd(): void {
    this.#isEnded = true;
    this.#letGo();
    this.#goOn();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
  }

  /** The call was cancelled. */
  handleEvent(): void {
    this.destroy(reasonOf(this.#signal));
  }

  /** The time for the whole answer is over. One that has not begun has its own limit, and is broken off when it begins. */
  timeOut(): void {
    this.#isLate = true;
    if (this.#opening === null) this.destroy(new TotalTimeoutError('the answer took too long'));
  }

  read(taker: PieceTaker): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error !== null) return reject(this.#error);
      this.#reading = { resolve, reject };
      this.#taker = taker;
      this.#goOn();
    });
  }

  discard(): void {
    this.#isDiscarded = true;
    this.#held = [];
    this.#controller?.resume();
  }

  destroy(reason: Error = new Error('the body closed before its end')): void {
    if (this.#isEnded || this.#error !== null) return;
    const controller = this.#controller;
    this.#fail(reason);
    controller?.abort(reason);
  }

  /** Gives out what is held, and then lets more come, or ends. */
  #goOn(): void {
    while (this.#taker !== null && !this.#isKeeping) {
      const piece = this.#held.shift();
      if (piece === undefined) break;
      this.#give(this.#taker, piece);
    }
    if (this.#isKeeping || this.#taker === null) return;
    this.#heldBytes = 0;
    if (this.#isEnded) this.#finish();
    else this.#controller?.resume();
  }

  #give(taker: PieceTaker, bytes: Buffer): void {
    try {
      const room = taker.take(bytes);
      if (room !== undefined) this.#keep(taker, room);
      else if (taker.isOver()) this.#finish();
    } catch (fault) {
      this.#break(fault as Error);
    }
  }

  #keep(taker: PieceTaker, room: Promise<void>): void {
    this.#isKeeping = true;
    room.then(
      () => {
        this.#isKeeping = false;
        if (this.#taker === null) return;
        if (taker.isOver()) this.#finish();
        else this.#goOn();
      },
      (fault: Error) => this.#break(fault),
    );
  }

  /** Ends the reading, and leaves the body as it is. */
  #finish(): void {
    this.#taker = null;
    const reading = this.#reading;
    this.#reading = null;
    reading?.resolve();
  }

  #break(fault: Error): void {
    this.#taker = null;
    const reading = this.#reading;
    this.#reading = null;
    reading?.reject(fault);
  }

  #fail(error: Error): void {
    if (this.#error !== null || this.#isEnded) return;
    this.#error = error;
    this.#held = [];
    this.#letGo();
    this.#opening?.reject(error);
    this.#opening = null;
    this.#break(error);
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this);
    // It has the raw headers, a dozen buffers on the bytes of the answer; whoever keeps this would keep them all.
    this.#controller = null;
  }
}

function endOfTime(answer: AnswerReader): void {
  answer.timeOut();
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('the request was cancelled');
}
