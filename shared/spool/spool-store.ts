import { randomUUID } from 'node:crypto';
import { setTimeout as delayFor } from 'node:timers/promises';
import type { Log } from '#shared/log.ts';
import type { Frame } from './frame.ts';
import { FrameRing } from './frame-ring.ts';
import { GroupWriter, type GroupWriterDeps } from './group-writer.ts';
import { nodeSpoolFiles } from './node-spool-files.ts';
import { createQuarantine } from './quarantine.ts';
import { frameName, type Recovered, recoverSpool } from './recover-spool.ts';
import { SegmentCatalogue } from './segment-catalogue.ts';
import { SegmentLog } from './segment-log.ts';
import type { SpoolSink } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';
import { writeGauges } from './spool-gauges.ts';
import {
  BURST_MS,
  CLOSE_DEADLINE_MS,
  DRAIN_YIELD_FROM_BUSY,
  DRAIN_YIELD_FROM_BYTES,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MIN,
  SPOOL_BYTES_MAX,
} from './spool-limits.ts';
import { SpoolReader } from './spool-reader.ts';
import type { ProjectTotals } from './spool-state.ts';

export interface SpoolStoreDeps {
  readonly directory: string;
  readonly gatewayId: string;
  readonly ring: FrameRing;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly clock: () => number;
  readonly files?: SpoolFiles;
  readonly random?: () => number;
  readonly delay?: (milliseconds: number) => Promise<void>;
  /** Redacts a payload that must not be written as it is. */
  readonly redact?: GroupWriterDeps['redact'];
}

export interface SpoolStoreOptions {
  readonly spoolBytesMax?: number;
  readonly segmentBytesMax?: number;
  /**
   * Of a store that follows another one in the same process: the calls that are in flight, which it must not take for
   * lost, and a sign that the ring holds what its predecessor may have written already.
   */
  readonly inFlight?: readonly string[];
}

/** The end of the spool that has the disk: makes durable what comes through the ring, and reads it for the drainer. */
export interface SpoolStore extends SpoolSink {
  ahead: NonNullable<SpoolSink['ahead']>;
  /** The ring has frames again. */
  wake(): void;
  /** Resolves when everything up to a ticket of the ring is durable. */
  flushed(ticket: number): Promise<void>;
  /**
   * Has everything that is written now removed from the disk as soon as it is acknowledged, instead of with the rest of
   * its segment.
   */
  forgetAcknowledged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the files of a spool, mending what a crash left. Whoever calls it holds the directory's lock. Throws whatever
 * the disk answers when it cannot be read.
 */
export async function openSpoolStore(deps: SpoolStoreDeps, options: SpoolStoreOptions = {}): Promise<SpoolStore> {
  const files = deps.files ?? nodeSpoolFiles;
  const catalogue = new SegmentCatalogue();
  const recovered = await recoverSpool({ files, log: deps.log, catalogue, newSpoolId: randomUUID }, deps.directory);
  return new OpenSpoolStore({ ...deps, files }, options, { catalogue, recovered });
}

/** Keeps no closing process alive. */
const unreferencedDelay = (milliseconds: number) => delayFor(milliseconds, undefined, { ref: false });

class OpenSpoolStore implements SpoolStore {
  readonly spoolId: string;
  readonly gatewayId: string;
  readonly quarantine: SpoolSink['quarantine'];
  readonly #deps: SpoolStoreDeps;
  readonly #catalogue: SegmentCatalogue;
  readonly #recovered: Recovered;
  readonly #segmentLog: SegmentLog;
  readonly #writer: GroupWriter;
  readonly #reader: SpoolReader;
  readonly #listeners = new Set<() => void>();
  readonly #writing: Promise<void>;
  #durableAtMs = 0;
  #busySinceMs: number | null = null;

  constructor(
    deps: SpoolStoreDeps & { readonly files: SpoolFiles },
    options: SpoolStoreOptions,
    opened: { readonly catalogue: SegmentCatalogue; readonly recovered: Recovered },
  ) {
    const { directory, files, log } = deps;
    const { catalogue, recovered } = opened;
    this.#deps = deps;
    this.#catalogue = catalogue;
    this.#recovered = recovered;
    this.spoolId = recovered.checkpoint.spoolId;
    this.gatewayId = deps.gatewayId;
    this.quarantine = createQuarantine({ files }, directory);
    this.#segmentLog = new SegmentLog(
      { files, log, catalogue },
      { directory, firstNumber: recovered.nextSegment, segmentBytesMax: segmentBytesOf(options) },
    );
    this.#reader = new SpoolReader(
      { files, log, catalogue, isGrowing: (number) => number === this.#segmentLog.currentNumber },
      { directory, checkpoint: recovered.checkpoint },
    );
    this.#writer = new GroupWriter(
      {
        ring: deps.ring,
        segmentLog: this.#segmentLog,
        durable: recovered.durable,
        log,
        random: deps.random ?? Math.random,
        delay: deps.delay ?? unreferencedDelay,
        bytesOnDisk: () => catalogue.bytes,
        onDurable: () => this.#announceDurable(),
        countDrops: async (drops) => {
          for (const drop of await this.#reader.countDrops(drops)) recovered.durable.addDrops(drop);
        },
        redact: deps.redact ?? null,
      },
      this.#startOfWriting(options),
    );
    this.#tellGauges();
    this.#writing = this.#writer.run();
  }

  wake(): void {
    this.#writer.wake();
  }

  flushed(ticket: number): Promise<void> {
    return this.#writer.flushed(ticket);
  }

  totals(): ReturnType<SpoolSink['totals']> {
    return { durable: this.#recovered.durable.projects, drained: this.#reader.drained.projects };
  }

  bytes(): number {
    return this.#catalogue.bytes;
  }

  pendingRecords(): number {
    return sumOf(this.#recovered.durable.projects).records - sumOf(this.#reader.drained.projects).records;
  }

  isPressed(): boolean {
    return this.#deps.ring.bytesWaiting > DRAIN_YIELD_FROM_BYTES || this.#isInBurst();
  }

  #isInBurst(): boolean {
    const { ring, clock } = this.#deps;
    if (ring.busy < DRAIN_YIELD_FROM_BUSY) {
      this.#busySinceMs = null;
      return false;
    }
    this.#busySinceMs ??= clock();
    return clock() - this.#busySinceMs < BURST_MS;
  }

  nextBatch(): ReturnType<SpoolSink['nextBatch']> {
    return this.#reader.next();
  }

  ahead(batch: Parameters<SpoolSink['acknowledge']>[0]): Promise<readonly Frame[]> {
    return this.#reader.ahead(batch);
  }

  async acknowledge(batch: Parameters<SpoolSink['acknowledge']>[0]): Promise<void> {
    await this.#reader.acknowledge(batch);
    this.#tellGauges();
  }

  async forgetAcknowledged(): Promise<void> {
    await this.#segmentLog.endSegment();
    await this.#reader.removeFinished();
    this.#tellGauges();
  }

  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.race([this.#writer.flushed(this.#deps.ring.ticket), unreferencedDelay(CLOSE_DEADLINE_MS)]);
    this.#writer.stop();
    await Promise.race([this.#writing, unreferencedDelay(CLOSE_DEADLINE_MS)]);
    await this.#segmentLog.close();
  }

  /** Calls that were left open are lost, but for those that this very process still has in its hands. */
  #startOfWriting(options: SpoolStoreOptions): ConstructorParameters<typeof GroupWriter>[1] {
    const { durable, frameNames } = this.#recovered;
    const { inFlight } = options;
    const waiting = inFlight === undefined ? [] : framesIn(this.#deps.ring);
    const known = new Set([...(inFlight ?? []), ...waiting.map(({ callId }) => callId)]);
    const lost = [...durable.open].filter(([callId]) => !known.has(callId));
    const written = new Set(frameNames);
    return {
      own: lost.map(([callId, projectId]) => ({ type: 'lost' as const, callId, projectId })),
      isWritten: (frame) => inFlight !== undefined && written.delete(frameName(frame)),
    };
  }

  #announceDurable(): void {
    this.#durableAtMs = this.#deps.clock();
    this.#tellGauges();
    for (const listener of this.#listeners) listener();
  }

  #tellGauges(): void {
    const { durable, damagedPlaces } = this.#recovered;
    const all = sumOf(durable.projects);
    writeGauges(this.#deps.ring, {
      bytes: this.#catalogue.bytes,
      pendingRecords: this.pendingRecords(),
      records: all.records,
      dropped: all.dropped,
      lostBeforeDurable: all.lost,
      openCalls: durable.open.size,
      writeFailures: this.#writer.writeFailures,
      damagedPlaces: damagedPlaces + this.#reader.damagedPlaces,
      durableAtMs: this.#durableAtMs,
    });
  }
}

function segmentBytesOf(options: SpoolStoreOptions): number {
  const { segmentBytesMax = SEGMENT_BYTES_MAX, spoolBytesMax = SPOOL_BYTES_MAX } = options;
  return Math.min(segmentBytesMax, spoolBytesMax / SEGMENTS_MIN);
}

/** What waits in a ring, looked at by a reader that takes nothing. */
function framesIn(ring: FrameRing): readonly Pick<Frame, 'callId'>[] {
  return new FrameRing(ring.shared).frames();
}

function sumOf(projects: ReadonlyMap<string, ProjectTotals>): ProjectTotals {
  const sum = { records: 0, dropped: 0, lost: 0 };
  for (const totals of projects.values()) {
    sum.records += totals.records;
    sum.dropped += totals.dropped;
    sum.lost += totals.lost;
  }
  return sum;
}
