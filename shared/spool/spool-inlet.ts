import { randomUUID } from 'node:crypto';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import { dropCountBody, type Frame, frameSize, isFrameCallId, isFrameProjectId, writeFrameHead } from './frame.ts';
import type { FrameRing } from './frame-ring.ts';
import { recordPayloadOf } from './record-payload.ts';
import { DISK_BYTES_GAUGE } from './spool-gauges.ts';
import { DROPS_RETRY_MS, FRAME_BYTES_MAX } from './spool-limits.ts';

export interface SpoolInletDeps {
  readonly ring: FrameRing;
  /** Called when the reader of the ring sleeps. */
  readonly wake: () => void;
  readonly log: Log;
}

export interface SpoolInletLimits {
  readonly spoolBytesMax: number;
  readonly ringRecordsMax: number;
}

type SmallFrame = Pick<Frame, 'type' | 'callId' | 'projectId' | 'body'>;

const NO_BODY = Buffer.alloc(0);

/**
 * The request path's end of the spool: writes frames into the ring, without waiting and without throwing, and counts
 * what it has no room for. A call that is begun while the spool is full gets no marker, and leaves nothing but a count
 * when its record is given up: so that what is beyond the spool's bound is never written.
 */
export class SpoolInlet {
  readonly #deps: SpoolInletDeps;
  readonly #limits: SpoolInletLimits;
  /** Calls begun and not finished. What is false has no marker in the log. */
  readonly #open = new Map<string, boolean>();
  /** Drops of calls with a marker, which have to be in the log; no more than calls were in flight at once. */
  #markedDrops: SmallFrame[] = [];
  /** Drops of calls without one, by project. */
  #unmarkedDrops = new Map<string, number>();
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(deps: SpoolInletDeps, limits: SpoolInletLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /** Calls that were begun here and whose end is not in the ring yet. */
  get unfinishedCalls(): readonly string[] {
    return [...this.#open.keys(), ...this.#markedDrops.map(({ callId }) => callId)];
  }

  /** Drops that are not on their way to the disk yet. */
  get droppedInMemory(): number {
    let count = this.#markedDrops.length;
    for (const dropped of this.#unmarkedDrops.values()) count += dropped;
    return count;
  }

  begin(callId: string, projectId: string): void {
    if (!this.#fitsFrame(callId, projectId)) return;
    const isMarked = !this.isFull() && this.#write({ type: 'begin', callId, projectId, body: NO_BODY });
    this.#open.set(callId, isMarked);
  }

  offer(offered: OfferedCall): 'accepted' | 'dropped' {
    const { callId, projectId } = offered.call;
    if (!this.#fitsFrame(callId, projectId)) return 'dropped';
    const isMarked = this.#open.get(callId) ?? false;
    this.#open.delete(callId);
    if (!this.isFull() && this.#writeRecord(offered)) return 'accepted';
    this.#drop(callId, projectId, isMarked);
    return 'dropped';
  }

  /** Whether a record that is offered now would be given up, whatever its size. */
  isFull(): boolean {
    const { ring } = this.#deps;
    return (
      this.#isClosed ||
      ring.recordsWaiting >= this.#limits.ringRecordsMax ||
      this.#bytesTaken() >= this.#limits.spoolBytesMax
    );
  }

  /** Hands on the drops that wait here. True when none is left. */
  sendDrops(): boolean {
    while (this.#markedDrops[0] !== undefined) {
      if (!this.#write(this.#markedDrops[0])) return false;
      this.#markedDrops.shift();
    }
    for (const [projectId, count] of this.#unmarkedDrops) {
      // A name of its own lets the reader count it once, also when it dies between counting and giving the room back.
      const frame: SmallFrame = { type: 'drop', callId: randomUUID(), projectId, body: dropCountBody(count) };
      if (!this.#write(frame)) return false;
      this.#unmarkedDrops.delete(projectId);
    }
    return true;
  }

  /** Takes nothing any more. */
  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #bytesTaken(): number {
    const { ring } = this.#deps;
    return (ring.gauges[DISK_BYTES_GAUGE] ?? 0) + ring.bytesWaiting;
  }

  #writeRecord(offered: OfferedCall): boolean {
    const { ring, log } = this.#deps;
    const { callId, projectId } = offered.call;
    try {
      const payload = recordPayloadOf(offered);
      if (payload.size > FRAME_BYTES_MAX) return false;
      const size = frameSize(projectId, payload.size);
      if (this.#bytesTaken() + size > this.#limits.spoolBytesMax) return false;
      const target = ring.reserve(size);
      if (target === null) return false;
      const bodyAt = writeFrameHead(target, { type: 'record', callId, projectId }, payload.size);
      payload.writeTo(target.subarray(bodyAt));
      this.#publish(true);
      return true;
    } catch (error) {
      log.error({ error, callId }, 'a call cannot be written down');
      return false;
    }
  }

  #write(frame: SmallFrame): boolean {
    const target = this.#deps.ring.reserve(frameSize(frame.projectId, frame.body.length));
    if (target === null) return false;
    target.set(frame.body, writeFrameHead(target, frame, frame.body.length));
    this.#publish(false);
    return true;
  }

  #publish(isRecord: boolean): void {
    const { ring, wake } = this.#deps;
    ring.publish(isRecord);
    if (ring.claimWake()) wake();
  }

  #drop(callId: string, projectId: string, isMarked: boolean): void {
    if (isMarked) this.#markedDrops.push({ type: 'drop', callId, projectId, body: NO_BODY });
    else this.#unmarkedDrops.set(projectId, (this.#unmarkedDrops.get(projectId) ?? 0) + 1);
    this.#sendDropsSoon();
  }

  #sendDropsSoon(): void {
    if (this.#retry !== null || this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      if (!this.sendDrops()) this.#sendDropsSoon();
    }, DROPS_RETRY_MS);
    this.#retry.unref();
  }

  #fitsFrame(callId: string, projectId: string): boolean {
    if (isFrameCallId(callId) && isFrameProjectId(projectId)) return true;
    this.#deps.log.error({}, 'call cannot be kept: its id or its project cannot stand in a frame');
    return false;
  }
}
