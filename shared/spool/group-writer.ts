import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { Log } from '#shared/log.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import {
  dropCountBody,
  encodeFrame,
  type Frame,
  type FrameType,
  isFrameCallId,
  isFrameProjectId,
  NO_CALL_ID,
} from './frame.ts';
import { encodeRecord } from './record-payload.ts';
import type { SegmentLog } from './segment-log.ts';
import {
  ENCODED_PER_TURN,
  FRAME_BYTES_MAX,
  GROUP_BYTES_MAX,
  WRITE_BACKOFF_MAX_MS,
  WRITE_BACKOFF_MIN_MS,
} from './spool-limits.ts';
import type { SpoolFold } from './spool-state.ts';

export interface GroupWriterDeps {
  readonly segmentLog: SegmentLog;
  /** The log folded up to its durable end; this writer moves it forward. */
  readonly durable: SpoolFold;
  readonly log: Log;
  readonly random: () => number;
  readonly delay: (milliseconds: number) => Promise<void>;
  /** Bytes of all segments now. */
  readonly bytesOnDisk: () => number;
  readonly onDurable: () => void;
}

export interface GroupWriterLimits {
  readonly spoolBytesMax: number;
  readonly ringRecordsMax: number;
  readonly ringBytesMax: number;
}

interface Marker {
  readonly type: Exclude<FrameType, 'record'>;
  readonly projectId: string;
  readonly ticket: number;
}

interface Waiting<Content> {
  readonly ticket: number;
  readonly callId: string;
  readonly projectId: string;
  readonly content: Content;
}

interface Group {
  readonly frames: readonly Frame[];
  readonly tickets: readonly number[];
}

const NO_BODY = Buffer.alloc(0);

/**
 * Turns offered records into durable frames, a group at a time: while one group is being synced the next one gathers,
 * so that a lone record waits for one sync and a thousand share one. Markers go before the records of their group,
 * because a begin marker behind its own record would look like a lost call.
 */
export class GroupWriter {
  readonly #deps: GroupWriterDeps;
  readonly #limits: GroupWriterLimits;
  readonly #markers = new Map<string, Marker>();
  /** Dropped calls whose begin marker never left memory, by project. */
  readonly #unmarkedDrops = new Map<string, number>();
  readonly #offered: Waiting<CallRecord>[] = [];
  readonly #encoded: Waiting<Buffer>[] = [];
  #encodedBytes = 0;
  readonly #unsettled = new Set<number>();
  #lastTicket = 0;
  #nextSequence: number;
  #flushWaiters: { readonly ticket: number; readonly resolve: () => void }[] = [];
  #isEncoding = false;
  #isWriting = false;
  #isStopped = false;
  #writeFailures = 0;

  constructor(deps: GroupWriterDeps, limits: GroupWriterLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#nextSequence = deps.durable.sequence + 1;
  }

  get bufferedRecords(): number {
    return this.#offered.length + this.#encoded.length;
  }

  get writeFailures(): number {
    return this.#writeFailures;
  }

  /** Drops that are not in the durable log yet. */
  get droppedInMemory(): number {
    let count = 0;
    for (const dropped of this.#unmarkedDrops.values()) count += dropped;
    for (const marker of this.#markers.values()) if (marker.type === 'drop') count += 1;
    return count;
  }

  mark(type: 'begin' | 'lost', callId: string, projectId: string): void {
    if (!isFrameCallId(callId) || !isFrameProjectId(projectId)) {
      this.#deps.log.error({ type }, 'call cannot be marked: its id or its project cannot stand in a frame');
      return;
    }
    this.#markers.set(callId, { type, projectId, ticket: this.#takeTicket() });
    this.#wakeWriter();
  }

  offer(record: CallRecord): 'accepted' | 'dropped' {
    const { callId, projectId } = record.call;
    if (!isFrameCallId(callId) || !isFrameProjectId(projectId)) {
      this.#deps.log.error({}, 'call record dropped: its id or its project cannot stand in a frame');
      return 'dropped';
    }
    if (this.#isFull()) {
      this.#drop(callId, projectId);
      return 'dropped';
    }
    this.#offered.push({ ticket: this.#takeTicket(), callId, projectId, content: record });
    this.#wakeEncoder();
    return 'accepted';
  }

  /** Resolves when everything given so far is durable: as a record, or as a counted drop. */
  flush(): Promise<void> {
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      this.#flushWaiters.push({ ticket, resolve });
      this.#releaseFlushed();
    });
  }

  /** Ends all writing, whatever is left; what was not durable is lost and counted at the next start. */
  stop(): void {
    this.#isStopped = true;
  }

  #isFull(): boolean {
    return (
      this.#isStopped ||
      this.#offered.length >= this.#limits.ringRecordsMax ||
      this.#encodedBytes >= this.#limits.ringBytesMax ||
      this.#deps.bytesOnDisk() + this.#encodedBytes >= this.#limits.spoolBytesMax
    );
  }

  /** A call whose begin marker is still in memory leaves no trace but a count, so that a full disk costs no memory. */
  #drop(callId: string, projectId: string): void {
    const marker = this.#markers.get(callId);
    if (marker?.type === 'begin') {
      this.#markers.delete(callId);
      this.#unsettled.delete(marker.ticket);
      this.#unmarkedDrops.set(projectId, (this.#unmarkedDrops.get(projectId) ?? 0) + 1);
    } else {
      this.#markers.set(callId, { type: 'drop', projectId, ticket: this.#takeTicket() });
    }
    this.#wakeWriter();
  }

  #takeTicket(): number {
    this.#lastTicket += 1;
    this.#unsettled.add(this.#lastTicket);
    return this.#lastTicket;
  }

  #releaseFlushed(): void {
    const oldest = this.#unsettled.values().next().value ?? Number.POSITIVE_INFINITY;
    const isIdle = this.#unmarkedDrops.size === 0;
    const isReleased = (waiter: { readonly ticket: number }) => isIdle && waiter.ticket < oldest;
    const released = this.#flushWaiters.filter(isReleased);
    this.#flushWaiters = this.#flushWaiters.filter((waiter) => !isReleased(waiter));
    for (const waiter of released) waiter.resolve();
  }

  #wakeEncoder(): void {
    if (this.#isEncoding) return;
    this.#isEncoding = true;
    void this.#encodeAll();
  }

  /**
   * One record after the other, to keep their order; a turn of the event loop between a few, so that traffic goes on.
   * Not between any two: on a busy gateway a turn is long, and a call is at risk until its record is written.
   */
  async #encodeAll(): Promise<void> {
    for (let count = 0; this.#offered.length > 0 && this.#encodedBytes < this.#limits.ringBytesMax; count += 1) {
      if (count % ENCODED_PER_TURN === 0) await nextTurn();
      const [next] = this.#offered;
      if (next === undefined) break;
      const body = await encodeRecord(next.content).catch((error: unknown) => {
        this.#deps.log.error({ error, callId: next.callId }, 'call record has no JSON form');
        return null;
      });
      this.#offered.shift();
      if (body === null || body.length > FRAME_BYTES_MAX) {
        this.#unsettled.delete(next.ticket);
        this.#drop(next.callId, next.projectId);
        continue;
      }
      this.#encoded.push({ ...next, content: body });
      this.#encodedBytes += body.length;
      this.#wakeWriter();
    }
    this.#isEncoding = false;
  }

  #wakeWriter(): void {
    if (this.#isWriting || this.#isStopped) return;
    this.#isWriting = true;
    void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    while (!this.#isStopped && this.#hasFrames()) {
      // Lets everything of this turn of the event loop join the group.
      await nextTurn();
      const group = this.#takeGroup();
      if (!(await this.#commit(group))) break;
      for (const frame of group.frames) this.#deps.durable.apply(frame);
      for (const ticket of group.tickets) this.#unsettled.delete(ticket);
      this.#releaseFlushed();
      this.#deps.onDurable();
      if (this.#offered.length > 0) this.#wakeEncoder();
    }
    this.#isWriting = false;
  }

  #hasFrames(): boolean {
    return this.#markers.size > 0 || this.#unmarkedDrops.size > 0 || this.#encoded.length > 0;
  }

  #takeGroup(): Group {
    const frames: Frame[] = [];
    const tickets: number[] = [];
    const add = (type: FrameType, callId: string, projectId: string, body: Buffer) => {
      frames.push({ type, sequence: this.#nextSequence, callId, projectId, body });
      this.#nextSequence += 1;
    };
    for (const [callId, marker] of this.#markers) {
      add(marker.type, callId, marker.projectId, NO_BODY);
      tickets.push(marker.ticket);
    }
    this.#markers.clear();
    for (const [projectId, count] of this.#unmarkedDrops) add('drop', NO_CALL_ID, projectId, dropCountBody(count));
    this.#unmarkedDrops.clear();
    for (let bytes = 0; bytes < GROUP_BYTES_MAX; ) {
      const record = this.#encoded.shift();
      if (record === undefined) break;
      add('record', record.callId, record.projectId, record.content);
      tickets.push(record.ticket);
      bytes += record.content.length;
      this.#encodedBytes -= record.content.length;
    }
    return { frames, tickets };
  }

  /** Tries until the disk takes the group; meanwhile the ring fills and the newest records are dropped. */
  async #commit(group: Group): Promise<boolean> {
    const buffers = group.frames.flatMap(encodeFrame);
    for (let failures = 0; !this.#isStopped; failures += 1) {
      try {
        await this.#deps.segmentLog.append(buffers);
        return true;
      } catch (error) {
        this.#writeFailures += 1;
        if (failures === 0) this.#deps.log.error({ error }, 'spool cannot write; calls are served and kept in memory');
        await this.#deps.delay(
          exponentialBackoff(failures, { minMs: WRITE_BACKOFF_MIN_MS, maxMs: WRITE_BACKOFF_MAX_MS }, this.#deps.random),
        );
      }
    }
    return false;
  }
}
