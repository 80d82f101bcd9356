import { mkdir } from 'node:fs/promises';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { lockDirectory, type ReleaseLock } from './directory-lock.ts';
import type { Frame } from './frame.ts';
import { FrameRing } from './frame-ring.ts';
import { offeredCallOf } from './offered-call.ts';
import type { Spool, SpoolStats } from './spool.ts';
import { SpoolInlet } from './spool-inlet.ts';
import { RING_BYTES_MAX, RING_RECORDS_MAX, SPOOL_BYTES_MAX } from './spool-limits.ts';
import { spoolStatsOf } from './spool-stats.ts';
import { openSpoolStore, type SpoolStore, type SpoolStoreDeps, type SpoolStoreOptions } from './spool-store.ts';

const DEFAULT_PROJECT_ID = 'default';

export type SpoolDeps = Omit<SpoolStoreDeps, 'ring'>;

export interface SpoolOptions extends Omit<SpoolStoreOptions, 'inFlight'> {
  /** Project of calls that are begun without one. */
  readonly projectId?: string;
  readonly ringRecordsMax?: number;
  readonly ringBytesMax?: number;
}

/**
 * Opens the spool of one gateway with both of its ends in this thread, mending what a crash left. Throws `conflict` when
 * another process has it open, and whatever the disk answers when it cannot be read.
 */
export async function openSpool(deps: SpoolDeps, options: SpoolOptions = {}): Promise<Spool> {
  await mkdir(deps.directory, { recursive: true, mode: 0o700 });
  const release = lockDirectory(deps.directory);
  try {
    const ring = FrameRing.create(options.ringBytesMax ?? RING_BYTES_MAX);
    const store = await openSpoolStore({ ...deps, ring }, options);
    return new OpenSpool(deps, options, { ring, store, release });
  } catch (error) {
    release();
    throw error;
  }
}

interface Opened {
  readonly ring: FrameRing;
  readonly store: SpoolStore;
  readonly release: ReleaseLock;
}

class OpenSpool implements Spool {
  readonly spoolId: string;
  readonly gatewayId: string;
  readonly #deps: SpoolDeps;
  readonly #projectId: string;
  readonly #bytesMax: number;
  readonly #opened: Opened;
  readonly #inlet: SpoolInlet;

  constructor(deps: SpoolDeps, options: SpoolOptions, opened: Opened) {
    const { ring, store } = opened;
    this.#deps = deps;
    this.#opened = opened;
    this.spoolId = store.spoolId;
    this.gatewayId = store.gatewayId;
    this.#projectId = options.projectId ?? DEFAULT_PROJECT_ID;
    this.#bytesMax = options.spoolBytesMax ?? SPOOL_BYTES_MAX;
    this.#inlet = new SpoolInlet(
      { ring, wake: () => store.wake(), log: deps.log },
      { spoolBytesMax: this.#bytesMax, ringRecordsMax: options.ringRecordsMax ?? RING_RECORDS_MAX },
    );
  }

  begin(callId: string, projectId = this.#projectId): void {
    this.#inlet.begin(callId, projectId);
  }

  offer(offered: OfferedCall | CallRecord): 'accepted' | 'dropped' {
    return this.#inlet.offer('v' in offered ? offeredCallOf(offered) : offered);
  }

  isFull(): boolean {
    return this.#inlet.isFull();
  }

  async flush(): Promise<void> {
    const { ring, store } = this.#opened;
    while (!this.#inlet.sendDrops()) await store.flushed(ring.ticket);
    await store.flushed(ring.ticket);
  }

  stats(): SpoolStats {
    const nowMs = this.#deps.clock();
    return spoolStatsOf(this.#opened.ring, this.#inlet, { nowMs, bytesMax: this.#bytesMax });
  }

  totals(): ReturnType<Spool['totals']> {
    return this.#opened.store.totals();
  }

  bytes(): number {
    return this.#opened.store.bytes();
  }

  pendingRecords(): number {
    return this.#opened.store.pendingRecords();
  }

  isPressed(): boolean {
    return this.#opened.store.isPressed();
  }

  nextBatch(): ReturnType<Spool['nextBatch']> {
    return this.#opened.store.nextBatch();
  }

  acknowledge(batch: Parameters<Spool['acknowledge']>[0]): Promise<void> {
    return this.#opened.store.acknowledge(batch);
  }

  ahead(batch: Parameters<Spool['acknowledge']>[0]): Promise<readonly Frame[]> {
    return this.#opened.store.ahead(batch);
  }

  quarantine(name: string, body: Buffer): Promise<string | null> {
    return this.#opened.store.quarantine(name, body);
  }

  onDurable(listener: () => void): () => void {
    return this.#opened.store.onDurable(listener);
  }

  async close(): Promise<void> {
    this.#inlet.sendDrops();
    this.#inlet.close();
    await this.#opened.store.close();
    this.#opened.release();
  }
}
