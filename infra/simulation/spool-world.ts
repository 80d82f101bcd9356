import type { CallStore } from '#shared/database/call-store.ts';
import { createLog } from '#shared/log.ts';
import { createDrainer } from '#shared/spool/drainer.ts';
import { FrameRing } from '#shared/spool/frame-ring.ts';
import { offeredCallOf } from '#shared/spool/offered-call.ts';
import type { SpoolSink } from '#shared/spool/spool.ts';
import type { SpoolFiles } from '#shared/spool/spool-files.ts';
import { SpoolInlet } from '#shared/spool/spool-inlet.ts';
import { openSpoolStore, type SpoolStore } from '#shared/spool/spool-store.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { MemoryStore } from './testing/memory-store.ts';
import type { Life, Schedule } from './testing/schedule.ts';

/** What a planted bug puts in the place of the real parts. */
export interface SpoolParts {
  readonly files?: (files: SpoolFiles) => SpoolFiles;
  readonly sink?: (sink: SpoolSink) => SpoolSink;
  readonly callStore?: (store: CallStore, world: MemoryStore) => CallStore;
  /** Whether a call gets its begin marker; all do when absent. */
  readonly isMarked?: (schedule: Schedule) => boolean;
  readonly drainers?: number;
}

/** What the clients of one call know. */
export interface SimulatedCall {
  readonly callId: string;
  /** As it was offered; empty before. */
  answer: string;
  isOffered: boolean;
  /** The spool has said that it is on the disk. */
  isMarkerDurable: boolean;
  isRecordDurable: boolean;
}

interface Process {
  readonly life: Life;
  readonly ring: FrameRing;
  readonly inlet: SpoolInlet;
}

const DIRECTORY = '/spool';
/** Numbers of calls are below this. */
export const CALLS_MAX = 24;
const RING_BYTES = 48 * 1_024;
const SMALL_SPOOL_BYTES = 24 * 1_024;
const LARGE_SPOOL_BYTES = 1_024 * 1_024;
const SMALL_SEGMENT_BYTES = 4 * 1_024;
const RESTART_MS = 20;
const log = createLog('simulation', 'silent');

/** A gateway's event path on a simulated machine: real code between the call and the tables, and nothing real around. */
export class SpoolWorld {
  readonly schedule: Schedule;
  readonly disk: MemoryDisk;
  readonly store: MemoryStore;
  readonly calls: SimulatedCall[] = [];
  crashes = 0;
  readonly #parts: SpoolParts;
  readonly #spoolBytesMax: number;
  #process: Process;
  /** Of the thread that has the disk; it may die alone. */
  #threadLife: Life = { isOver: false };
  #spool: SpoolStore | null = null;
  #isOnRequestPath = false;

  constructor(schedule: Schedule, parts: SpoolParts) {
    this.schedule = schedule;
    this.#parts = parts;
    const faults = { errorShare: schedule.chance(0.5) ? 0.04 : 0, slowShare: schedule.chance(0.3) ? 0.1 : 0 };
    this.disk = new MemoryDisk(schedule, faults);
    const storeFaults = { errorShare: schedule.chance(0.5) ? 0.06 : 0, slowShare: schedule.chance(0.3) ? 0.1 : 0 };
    this.store = new MemoryStore(schedule, refusedCalls(schedule), storeFaults);
    this.#spoolBytesMax = schedule.chance(0.25) ? SMALL_SPOOL_BYTES : LARGE_SPOOL_BYTES;
    this.#process = this.#startProcess();
    this.#boot(undefined);
  }

  /** Whose timers those are that are set now. */
  get life(): Life {
    return this.#isOnRequestPath ? this.#process.life : this.#threadLife;
  }

  begin(index: number): SimulatedCall {
    const callId = callIdOf(index);
    const call = { callId, answer: '', isOffered: false, isMarkerDurable: false, isRecordDurable: false };
    this.calls.push(call);
    const isMarked = this.#parts.isMarked?.(this.schedule) ?? true;
    if (isMarked) this.#onRequestPath(() => this.#process.inlet.begin(callId, 'default'));
    this.#whenDurable(() => {
      call.isMarkerDurable = true;
    });
    return call;
  }

  offer(call: SimulatedCall): void {
    call.isOffered = true;
    const record = sampleCallRecord({ call: { callId: call.callId, startedAt: 1_000 } });
    call.answer = JSON.stringify(record.response);
    const outcome = this.#onRequestPath(() => this.#process.inlet.offer(offeredCallOf(record)));
    if (outcome === 'dropped') return;
    this.#whenDurable(() => {
      call.isRecordDurable = true;
    });
  }

  /** The process is killed, and perhaps the machine with it; another one starts. */
  kill(isPowerCut: boolean): void {
    this.crashes += 1;
    this.#process.life.isOver = true;
    this.#threadLife.isOver = true;
    if (isPowerCut) this.disk.crash();
    this.#process = this.#startProcess();
    this.#boot(undefined);
  }

  /** The spool's thread dies alone; the ring and the calls in flight outlive it. */
  killThread(): void {
    this.crashes += 1;
    this.#threadLife.isOver = true;
    const { ring, inlet } = this.#process;
    ring.recount();
    this.#boot(inlet.unfinishedCalls);
  }

  /** Nothing has failed so far, so nothing need be repeated. */
  isUndisturbed(): boolean {
    return this.crashes === 0 && this.store.failures === 0 && this.disk.failures === 0;
  }

  /** Everything that is given to it is in the tables, and nothing waits anywhere. */
  isAtRest(): boolean {
    const spool = this.#spool;
    const { ring, inlet } = this.#process;
    if (spool === null || inlet.droppedInMemory > 0 || ring.bytesWaiting > 0) return false;
    const { durable, drained } = spool.totals();
    return [...durable].every(([projectId, totals]) => {
      const done = drained.get(projectId);
      return done?.records === totals.records && done.dropped === totals.dropped && done.lost === totals.lost;
    });
  }

  #onRequestPath<T>(work: () => T): T {
    this.#isOnRequestPath = true;
    try {
      return work();
    } finally {
      this.#isOnRequestPath = false;
    }
  }

  #startProcess(): Process {
    const ring = FrameRing.create(RING_BYTES);
    const inlet = new SpoolInlet(
      { ring, wake: () => this.#spool?.wake(), log },
      { spoolBytesMax: this.#spoolBytesMax, ringRecordsMax: 12 },
    );
    return { life: { isOver: false }, ring, inlet };
  }

  /** Tries until the disk lets it. */
  #boot(inFlight: readonly string[] | undefined): void {
    const life: Life = { isOver: false };
    const process = this.#process;
    this.#threadLife = life;
    this.#spool = null;
    this.#open(process, life, inFlight).catch(async () => {
      life.isOver = true;
      await this.schedule.turn(process.life, RESTART_MS);
      // Killed once more meanwhile, and started again for that.
      if (this.#threadLife === life) this.#boot(inFlight === undefined ? undefined : process.inlet.unfinishedCalls);
    });
  }

  async #open(process: Process, life: Life, inFlight: readonly string[] | undefined): Promise<void> {
    const { schedule, store } = this;
    const { files: changeFiles = (files) => files, sink: changeSink = (sink) => sink, drainers = 1 } = this.#parts;
    const delay = (milliseconds: number) => schedule.turn(life, milliseconds);
    const spool = await openSpoolStore(
      {
        ...{ directory: DIRECTORY, gatewayId: 'g1', ring: process.ring, log, delay, random: schedule.random },
        clock: () => schedule.nowMs,
        files: changeFiles(this.disk.filesFor(life)),
      },
      {
        spoolBytesMax: this.#spoolBytesMax,
        segmentBytesMax: SMALL_SEGMENT_BYTES,
        ...(inFlight === undefined ? {} : { inFlight }),
      },
    );
    if (life.isOver) return;
    this.#spool = spool;
    const database = store.databaseFor(life);
    const { callStore: changeStore = (callStore) => callStore } = this.#parts;
    const callStore = changeStore(store.callStoreFor(database), store);
    for (let drainer = 0; drainer < drainers; drainer += 1) {
      createDrainer({
        ...{ spool: changeSink(spool), database, queue: store.queueFor(life), log, callStore, delay },
        random: schedule.random,
      }).start();
    }
    spool.wake();
  }

  /** Of some calls only: whoever asks for a sync also hurries it. */
  #whenDurable(then: () => void): void {
    const { ring } = this.#process;
    if (this.#spool === null || !this.schedule.chance(0.6)) return;
    void this.#spool.flushed(ring.ticket).then(then);
  }
}

/** In some runs a few calls are such that no store takes them. */
function refusedCalls(schedule: Schedule): ReadonlySet<string> {
  const count = schedule.chance(0.4) ? 1 + schedule.below(3) : 0;
  return new Set(Array.from({ length: count }, () => callIdOf(schedule.below(CALLS_MAX))));
}

function callIdOf(index: number): string {
  return `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`;
}
