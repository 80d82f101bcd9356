import { type Frame, frameLengthAt, openFrame } from './frame.ts';

/** Numbers in the shared head, all of them 32 bits wide; counters run over, and only their differences are used. */
const HEAD = 0;
const TAIL = 1;
const IS_AWAKE = 2;
const FRAMES_IN = 3;
const FRAMES_OUT = 4;
const RECORDS_IN = 5;
const RECORDS_OUT = 6;
const BUSY_PERMILLE = 7;
const CONTROL_INTS = 16;
const GAUGES = 16;
const CONTROL_BYTES = CONTROL_INTS * 4;
const DATA_AT = CONTROL_BYTES + GAUGES * 8;

/** In place of a frame's magic: the next frame is at the start. */
const WRAP = 0xffffffff;
const WRAP_BYTES = 4;
/**
 * An empty ring starts over from here on, so that memory which is in the cache is used again. Until the reader follows,
 * there is room for so much, and it may be at work on something else.
 */
const START_OVER_FROM = 16 * 1_024 * 1_024;

/**
 * Frames on their way from the thread that serves calls to the one that writes them, in memory of both: nothing is
 * cloned, allocated or transferred for a call, what waits is bounded in bytes, and it outlives the thread that reads
 * it. One writer, one reader. The reader gives room back only for what is durable.
 */
export class FrameRing {
  readonly shared: SharedArrayBuffer;
  /** Numbers that the reader tells the writer. An aligned double is written in one step by every processor of ours. */
  readonly gauges: Float64Array;
  readonly #control: Int32Array;
  readonly #bytes: Buffer;
  #reserved = { offset: 0, size: 0 };
  #cursor: number;
  #framesRead = 0;

  /** @param shared of another `FrameRing`; reading begins at what was not given back yet */
  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#control = new Int32Array(shared, 0, CONTROL_INTS);
    this.gauges = new Float64Array(shared, CONTROL_BYTES, GAUGES);
    this.#bytes = Buffer.from(shared, DATA_AT);
    this.#cursor = Atomics.load(this.#control, TAIL);
  }

  static create(bytesMax: number): FrameRing {
    return new FrameRing(new SharedArrayBuffer(DATA_AT + bytesMax));
  }

  get bytesWaiting(): number {
    const used = Atomics.load(this.#control, HEAD) - Atomics.load(this.#control, TAIL);
    return used < 0 ? used + this.#bytes.length : used;
  }

  /** Records written and not given back. */
  get recordsWaiting(): number {
    return (Atomics.load(this.#control, RECORDS_IN) - Atomics.load(this.#control, RECORDS_OUT)) | 0;
  }

  /** Share of its time for which the writer's thread has worked lately. */
  get busy(): number {
    return Atomics.load(this.#control, BUSY_PERMILLE) / 1_000;
  }

  set busy(share: number) {
    Atomics.store(this.#control, BUSY_PERMILLE, Math.round(share * 1_000));
  }

  /** How many frames were ever written, modulo 2^32: what `hasReleased` is asked about. */
  get ticket(): number {
    return Atomics.load(this.#control, FRAMES_IN);
  }

  /** Whether everything up to a ticket was given back. */
  hasReleased(ticket: number): boolean {
    return ((Atomics.load(this.#control, FRAMES_OUT) - ticket) | 0) >= 0;
  }

  /** Room for a frame of exactly this size, to be filled before `publish`; null when there is none. */
  reserve(size: number): Buffer | null {
    const head = Atomics.load(this.#control, HEAD);
    const tail = Atomics.load(this.#control, TAIL);
    const offset = this.#placeFor(size, head, tail);
    if (offset === null) return null;
    this.#reserved = { offset, size };
    return this.#bytes.subarray(offset, offset + size);
  }

  /** Hands the frame that was reserved last to the reader. */
  publish(isRecord: boolean): void {
    const { offset, size } = this.#reserved;
    const head = Atomics.load(this.#control, HEAD);
    if (offset !== head && this.#bytes.length - head >= WRAP_BYTES) this.#bytes.writeUInt32LE(WRAP, head);
    Atomics.add(this.#control, FRAMES_IN, 1);
    if (isRecord) Atomics.add(this.#control, RECORDS_IN, 1);
    // Last: this is what makes all that was written before it visible to the reader.
    Atomics.store(this.#control, HEAD, offset + size);
  }

  /** The next frame, whole and not sealed, or null. It stays valid until `release`. */
  next(): Buffer | null {
    const head = Atomics.load(this.#control, HEAD);
    if (this.#cursor === head) return null;
    const isAtEnd = this.#bytes.length - this.#cursor < WRAP_BYTES;
    if (isAtEnd || this.#bytes.readUInt32LE(this.#cursor) === WRAP) {
      // Nothing waits before this: all the room up to the end is the writer's from now on, not only what it gives back.
      if (Atomics.load(this.#control, TAIL) === this.#cursor) Atomics.store(this.#control, TAIL, 0);
      this.#cursor = 0;
    }
    const start = this.#cursor;
    this.#cursor += frameLengthAt(this.#bytes, start);
    this.#framesRead += 1;
    return this.#bytes.subarray(start, this.#cursor);
  }

  /** Gives back all frames that `next` has returned, so many of them records. */
  release(records: number): void {
    Atomics.add(this.#control, RECORDS_OUT, records);
    Atomics.add(this.#control, FRAMES_OUT, this.#framesRead);
    this.#framesRead = 0;
    Atomics.store(this.#control, TAIL, this.#cursor);
  }

  /** What waits, looked at by a reader that takes nothing: make one for it. */
  frames(): readonly Frame[] {
    const frames: Frame[] = [];
    for (let bytes = this.next(); bytes !== null; bytes = this.next()) {
      const frame = openFrame(bytes, 0, bytes.length);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  /**
   * Makes the counters say what lies between head and tail, after a reader died that may have moved only some of them.
   * Only while there is no reader, and only by the writer.
   */
  recount(): void {
    const waiting = new FrameRing(this.shared).frames();
    const records = waiting.filter(({ type }) => type === 'record').length;
    const set = (counter: number, value: number) => Atomics.store(this.#control, counter, value | 0);
    set(FRAMES_OUT, Atomics.load(this.#control, FRAMES_IN) - waiting.length);
    set(RECORDS_OUT, Atomics.load(this.#control, RECORDS_IN) - records);
  }

  /** Of the writer: true when the reader sleeps, and this caller is the one that has to wake it. */
  claimWake(): boolean {
    return Atomics.compareExchange(this.#control, IS_AWAKE, 0, 1) === 0;
  }

  /** Of the reader: says that it sleeps from now on. False when a frame came meanwhile, and it must not. */
  fallAsleep(): boolean {
    Atomics.store(this.#control, IS_AWAKE, 0);
    if (this.#cursor === Atomics.load(this.#control, HEAD)) return true;
    Atomics.store(this.#control, IS_AWAKE, 1);
    return false;
  }

  /** Of a reader that starts: it is awake, whatever one before it said. */
  wakeUp(): void {
    Atomics.store(this.#control, IS_AWAKE, 1);
  }

  /** Head and tail are never equal while frames wait: equal means empty. */
  #placeFor(size: number, head: number, tail: number): number | null {
    if (head < tail) return size < tail - head ? head : null;
    if (head === tail && head >= START_OVER_FROM && size < tail) return 0;
    const atEnd = this.#bytes.length - head;
    if (size < atEnd) return head;
    return size < tail ? 0 : null;
  }
}
