import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '#shared/log.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import { dropCountOf, encodeFrame, type Frame, openFrame, sealFrame } from './frame.ts';
import type { FrameRing } from './frame-ring.ts';
import { compressPayload, isUnredacted } from './record-payload.ts';
import type { SegmentLog } from './segment-log.ts';
import {
  COMPRESS_FROM_BACKLOG_BYTES,
  GROUP_BYTES_MAX,
  GROUP_LINGER_MS,
  WRITE_BACKOFF_MAX_MS,
  WRITE_BACKOFF_MIN_MS,
} from './spool-limits.ts';
import type { CountedDrops, SpoolFold } from './spool-state.ts';

export interface GroupWriterDeps {
  readonly ring: FrameRing;
  readonly segmentLog: SegmentLog;
  /** The log folded up to its durable end; this writer moves it forward. */
  readonly durable: SpoolFold;
  readonly log: Log;
  readonly random: () => number;
  readonly delay: (milliseconds: number) => Promise<void>;
  /** Bytes of all segments now. */
  readonly bytesOnDisk: () => number;
  readonly onDurable: () => void;
  /** Counts drops durably, beside the log; what was counted last counts nothing again. */
  readonly countDrops: (drops: readonly CountedDrops[]) => Promise<void>;
  /** Redacts a payload that must not be written as it is. Without it such a payload is given up. */
  readonly redact: ((payload: Buffer) => Buffer | Promise<Buffer>) | null;
}

type OwnFrame = Pick<Frame, 'type' | 'callId' | 'projectId'>;

interface Group {
  readonly buffers: Buffer[];
  readonly frames: Frame[];
  readonly drops: CountedDrops[];
  /** Something was taken, be it that it need not be written. */
  hasRead: boolean;
  /** Of the ring. */
  records: number;
  bytes: number;
}

const NO_BODY = Buffer.alloc(0);

/**
 * Makes the frames of the ring durable, a group at a time: while one group is being synced the next one gathers, so
 * that a lone record waits for one sync and a thousand share one. The room in the ring is given back after the sync, so
 * that a writer which dies is followed by one that writes the same frames again.
 */
export class GroupWriter {
  readonly #deps: GroupWriterDeps;
  /** Of calls that the last process left open. */
  #own: OwnFrame[];
  /** Frames that a predecessor of this writer made durable, and died before it gave their room back. */
  readonly #isWritten: (frame: Frame) => boolean;
  #nextSequence: number;
  #waiters: { readonly ticket: number; readonly resolve: () => void }[] = [];
  #wake: (() => void) | null = null;
  #lingering: (() => void) | null = null;
  #isHurried = false;
  #isStopped = false;
  #writeFailures = 0;

  constructor(
    deps: GroupWriterDeps,
    start: { readonly own: readonly OwnFrame[]; readonly isWritten: (frame: Frame) => boolean },
  ) {
    this.#deps = deps;
    this.#own = [...start.own];
    this.#isWritten = start.isWritten;
    this.#nextSequence = deps.durable.sequence + 1;
  }

  get writeFailures(): number {
    return this.#writeFailures;
  }

  /** Writes until it is stopped. Resolves then. */
  async run(): Promise<void> {
    const { ring } = this.#deps;
    ring.wakeUp();
    while (!this.#isStopped) {
      if (this.#own.length === 0 && ring.fallAsleep()) await this.#sleep();
      await this.#linger();
      const group = await this.#takeGroup();
      if (group.hasRead && !(await this.#commit(group))) return;
    }
  }

  async #sleep(): Promise<void> {
    this.#releaseWaiters();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#isStopped) resolve();
    });
    this.#wake = null;
    this.#deps.ring.wakeUp();
  }

  /** The ring has frames again. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves when all frames up to a ticket of the ring are durable, without lingering. */
  flushed(ticket: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ ticket, resolve });
      this.#isHurried = true;
      this.#wake?.();
      this.#lingering?.();
    });
  }

  /** Ends all writing after the group in hand, whatever is left. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    this.#lingering?.();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** Lets a group gather. */
  async #linger(): Promise<void> {
    if (this.#isHurried || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GROUP_LINGER_MS);
      this.#lingering = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#lingering = null;
  }

  async #takeGroup(): Promise<Group> {
    const group: Group = { buffers: [], frames: [], drops: [], hasRead: this.#own.length > 0, records: 0, bytes: 0 };
    for (const own of this.#own.splice(0)) this.#add(group, { ...own, sequence: 0, body: NO_BODY }, null);
    while (group.bytes < GROUP_BYTES_MAX) {
      const bytes = this.#deps.ring.next();
      if (bytes === null) break;
      group.hasRead = true;
      const frame = openFrame(bytes, 0, bytes.length);
      if (frame === null) throw new Error('the ring holds no frame where one was written');
      if (frame.type === 'record') group.records += 1;
      if (this.#isWritten(frame)) continue;
      if (frame.type === 'drop' && frame.body.length > 0) {
        group.drops.push({ batchId: frame.callId, projectId: frame.projectId, count: dropCountOf(frame) });
      } else if (frame.type === 'record') await this.#addRecord(group, frame, bytes);
      else this.#add(group, frame, bytes);
    }
    return group;
  }

  /** As it is, if it may and should be written so. */
  async #addRecord(group: Group, frame: Frame, bytes: Buffer): Promise<void> {
    const { redact, log, bytesOnDisk } = this.#deps;
    let { body } = frame;
    if (isUnredacted(body)) {
      try {
        if (redact === null) throw new Error('there is nothing to redact with');
        body = await redact(body);
      } catch (error) {
        log.error({ error, callId: frame.callId }, 'a call could not be redacted, and is given up');
        this.#add(group, { ...frame, type: 'drop', body: NO_BODY }, null);
        return;
      }
    }
    if (bytesOnDisk() >= COMPRESS_FROM_BACKLOG_BYTES) body = compressPayload(body);
    if (body === frame.body) this.#add(group, frame, bytes);
    else this.#add(group, { ...frame, body }, null);
  }

  /** @param inRing the frame as it stands in the ring, which is then written from there */
  #add(group: Group, unsealed: Frame, inRing: Buffer | null): void {
    const frame = { ...unsealed, sequence: this.#nextSequence };
    this.#nextSequence += 1;
    group.frames.push(frame);
    if (inRing === null) group.buffers.push(...encodeFrame(frame));
    else {
      sealFrame(inRing, frame.sequence);
      group.buffers.push(inRing);
    }
    group.bytes += inRing?.length ?? frame.body.length;
  }

  /** False when it was stopped before the disk took the group. */
  async #commit(group: Group): Promise<boolean> {
    const { ring, segmentLog, durable, countDrops, onDurable } = this.#deps;
    if (group.buffers.length > 0 && !(await this.#untilTaken(() => segmentLog.append(group.buffers)))) return false;
    for (const frame of group.frames) durable.apply(frame);
    if (group.drops.length > 0 && !(await this.#untilTaken(() => countDrops(group.drops)))) return false;
    // First: what is on the disk and what waits for it are looked at together, and nothing may be in neither.
    onDurable();
    ring.release(group.records);
    this.#releaseWaiters();
    // A turn of the event loop for what else this thread does.
    await nextTurn();
    return true;
  }

  /** Tries until the disk takes it; meanwhile the ring fills and the newest records are dropped. */
  async #untilTaken(write: () => Promise<void>): Promise<boolean> {
    const { log, delay, random } = this.#deps;
    for (let failures = 0; !this.#isStopped; failures += 1) {
      try {
        await write();
        return true;
      } catch (error) {
        this.#writeFailures += 1;
        if (failures === 0) log.error({ error }, 'spool cannot write; calls are served and kept in memory');
        await delay(exponentialBackoff(failures, { minMs: WRITE_BACKOFF_MIN_MS, maxMs: WRITE_BACKOFF_MAX_MS }, random));
      }
    }
    return false;
  }

  #releaseWaiters(): void {
    const { ring } = this.#deps;
    const isReleased = (waiter: { readonly ticket: number }) =>
      this.#own.length === 0 && ring.hasReleased(waiter.ticket);
    const released = this.#waiters.filter(isReleased);
    this.#waiters = this.#waiters.filter((waiter) => !isReleased(waiter));
    this.#isHurried = this.#waiters.length > 0;
    for (const waiter of released) waiter.resolve();
  }
}
