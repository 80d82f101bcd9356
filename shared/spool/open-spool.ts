import { randomUUID } from 'node:crypto';
import { setTimeout as delayFor } from 'node:timers/promises';
import type { Log } from '#shared/log.ts';
import { lockDirectory, type ReleaseLock } from './directory-lock.ts';
import { GroupWriter } from './group-writer.ts';
import { nodeSpoolFiles } from './node-spool-files.ts';
import { recordOfOffer } from './offered-call.ts';
import { createQuarantine } from './quarantine.ts';
import { type Recovered, recoverSpool } from './recover-spool.ts';
import { SegmentCatalogue } from './segment-catalogue.ts';
import { SegmentLog } from './segment-log.ts';
import type { Spool, SpoolStats } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';
import {
  CLOSE_DEADLINE_MS,
  RING_BYTES_MAX,
  RING_RECORDS_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MIN,
  SPOOL_BYTES_MAX,
} from './spool-limits.ts';
import { SpoolReader } from './spool-reader.ts';
import type { ProjectTotals } from './spool-state.ts';

const DEFAULT_PROJECT_ID = 'default';

export interface SpoolDeps {
  readonly directory: string;
  readonly gatewayId: string;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly clock: () => number;
  readonly files?: SpoolFiles;
  readonly random?: () => number;
  readonly delay?: (milliseconds: number) => Promise<void>;
}

export interface SpoolOptions {
  /** Project of calls that are begun without one. */
  readonly projectId?: string;
  readonly spoolBytesMax?: number;
  readonly segmentBytesMax?: number;
  readonly ringRecordsMax?: number;
  readonly ringBytesMax?: number;
}

/**
 * Opens the spool of one gateway, mending what a crash left. Throws `conflict` when another process has it open, and
 * whatever the disk answers when it cannot be read.
 */
export async function openSpool(deps: SpoolDeps, options: SpoolOptions = {}): Promise<Spool> {
  const files = deps.files ?? nodeSpoolFiles;
  await files.makeDirectory(deps.directory);
  const release = await lockDirectory(deps.directory);
  try {
    const catalogue = new SegmentCatalogue();
    const recoverDeps = { files, log: deps.log, catalogue, newSpoolId: randomUUID };
    const recovered = await recoverSpool(recoverDeps, deps.directory);
    return new OpenSpool({ ...deps, files }, options, { catalogue, recovered, release });
  } catch (error) {
    await release();
    throw error;
  }
}

interface Opened {
  readonly catalogue: SegmentCatalogue;
  readonly recovered: Recovered;
  readonly release: ReleaseLock;
}

/** Keeps no closing process alive. */
const unreferencedDelay = (milliseconds: number) => delayFor(milliseconds, undefined, { ref: false });

class OpenSpool implements Spool {
  readonly spoolId: string;
  readonly gatewayId: string;
  readonly quarantine: Spool['quarantine'];
  readonly #deps: SpoolDeps;
  readonly #opened: Opened;
  readonly #projectId: string;
  readonly #bytesMax: number;
  readonly #segmentLog: SegmentLog;
  readonly #writer: GroupWriter;
  readonly #reader: SpoolReader;
  readonly #listeners = new Set<() => void>();
  #durableAtMs: number | null = null;

  constructor(deps: SpoolDeps & { readonly files: SpoolFiles }, options: SpoolOptions, opened: Opened) {
    const { directory, files, log } = deps;
    const { catalogue, recovered } = opened;
    this.#deps = deps;
    this.#opened = opened;
    this.#projectId = options.projectId ?? DEFAULT_PROJECT_ID;
    this.#bytesMax = options.spoolBytesMax ?? SPOOL_BYTES_MAX;
    this.spoolId = recovered.checkpoint.spoolId;
    this.gatewayId = deps.gatewayId;
    this.quarantine = createQuarantine({ files }, directory);
    this.#segmentLog = new SegmentLog(
      { files, log, catalogue },
      {
        directory,
        firstNumber: recovered.nextSegment,
        segmentBytesMax: Math.min(options.segmentBytesMax ?? SEGMENT_BYTES_MAX, this.#bytesMax / SEGMENTS_MIN),
      },
    );
    this.#reader = new SpoolReader(
      { files, log, catalogue, isGrowing: (number) => number === this.#segmentLog.currentNumber },
      { directory, checkpoint: recovered.checkpoint },
    );
    this.#writer = new GroupWriter(
      {
        segmentLog: this.#segmentLog,
        durable: recovered.durable,
        log,
        random: deps.random ?? Math.random,
        delay: deps.delay ?? unreferencedDelay,
        bytesOnDisk: () => catalogue.bytes,
        onDurable: () => this.#announceDurable(),
      },
      {
        spoolBytesMax: this.#bytesMax,
        ringRecordsMax: options.ringRecordsMax ?? RING_RECORDS_MAX,
        ringBytesMax: options.ringBytesMax ?? RING_BYTES_MAX,
      },
    );
    for (const [callId, projectId] of recovered.durable.open) this.#writer.mark('lost', callId, projectId);
  }

  begin(callId: string, projectId = this.#projectId): void {
    this.#writer.mark('begin', callId, projectId);
  }

  offer(offered: Parameters<Spool['offer']>[0]): 'accepted' | 'dropped' {
    return this.#writer.offer('v' in offered ? offered : recordOfOffer(offered));
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  totals(): ReturnType<Spool['totals']> {
    return { durable: this.#opened.recovered.durable.projects, drained: this.#reader.drained.projects };
  }

  stats(): SpoolStats {
    const durable = sumOf(this.#opened.recovered.durable.projects);
    const drained = sumOf(this.#reader.drained.projects);
    return {
      bufferedRecords: this.#writer.bufferedRecords,
      pendingRecords: durable.records - drained.records,
      openCalls: this.#opened.recovered.durable.open.size,
      bytes: this.#opened.catalogue.bytes,
      bytesMax: this.#bytesMax,
      records: durable.records,
      dropped: durable.dropped + this.#writer.droppedInMemory,
      lostBeforeDurable: durable.lost,
      writeFailures: this.#writer.writeFailures,
      damagedPlaces: this.#opened.recovered.damagedPlaces + this.#reader.damagedPlaces,
      sinceDurableMs: this.#durableAtMs === null ? null : this.#deps.clock() - this.#durableAtMs,
    };
  }

  nextBatch(): ReturnType<Spool['nextBatch']> {
    return this.#reader.next();
  }

  acknowledge(batch: Parameters<Spool['acknowledge']>[0]): Promise<void> {
    return this.#reader.acknowledge(batch);
  }

  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    const expiry = unreferencedDelay(CLOSE_DEADLINE_MS);
    await Promise.race([this.#writer.flush(), expiry]);
    this.#writer.stop();
    await this.#segmentLog.close();
    await this.#opened.release();
  }

  #announceDurable(): void {
    this.#durableAtMs = this.#deps.clock();
    for (const listener of this.#listeners) listener();
  }
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
