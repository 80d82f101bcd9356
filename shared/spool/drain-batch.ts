import type { CallStore, StoredCallRef } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { SPOOL_QUEUE, writeSpoolCounts } from '#shared/database/conservation.ts';
import { recordDeadLetter } from '#shared/database/dead-letter-store.ts';
import { isRefusedData } from '#shared/database/is-refused-data.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { TrimtabError } from '#shared/errors.ts';
import { freeBytes } from '#shared/free-bytes.ts';
import type { Log } from '#shared/log.ts';
import type { NewJob } from '#shared/queue/job-entry.ts';
import type { ScoreJob } from '#shared/queue/jobs.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import type { Frame } from './frame.ts';
import { isOutage } from './is-outage.ts';
import { type DecodedRecord, decodeRecord } from './record-payload.ts';
import { type ScoreQueue, scoreJobsOf } from './score-jobs-of.ts';
import { createScoreLanes } from './score-lanes.ts';
import type { SpoolSink } from './spool.ts';
import { DRAIN_TRIES_MAX } from './spool-limits.ts';
import type { SpoolBatch } from './spool-reader.ts';
import { NO_TOTALS } from './spool-state.ts';

export interface DrainBatchDeps {
  readonly spool: SpoolSink;
  readonly database: Database;
  readonly queue: ScoreQueue;
  readonly callStore: CallStore;
  readonly log: Log;
}

interface Readable {
  readonly frame: Frame;
  readonly offered: OfferedCall;
}

/** Delivers one batch of frames. May be called again with the same batch after any failure. */
export class DrainBatch {
  readonly #deps: DrainBatchDeps;
  readonly #lanes = createScoreLanes({ now: () => performance.now() });
  /** Records of the batch in hand that are stored or dead-lettered: sequence to project. */
  readonly #settled = new Map<number, string>();
  readonly #decoded = new WeakMap<Frame, DecodedRecord>();
  /** Something was settled after the counts were last written. */
  #isCountStale = false;

  constructor(deps: DrainBatchDeps) {
    this.#deps = deps;
  }

  /**
   * Throws when the store or the queue does not answer; nothing is acknowledged by this.
   *
   * @param options.isStuck this batch failed often: then what alone fails while others are stored is set aside, too
   */
  async deliver(batch: SpoolBatch, options: { readonly isStuck: boolean } = { isStuck: false }): Promise<void> {
    if (!batch.isCounted) return;
    const readable: Readable[] = [];
    for (const frame of batch.records) {
      const decoded = await this.#makeReady(frame);
      if (decoded.type === 'record') readable.push({ frame, offered: decoded.offered });
      else await this.#quarantine(frame, decoded.reason);
    }
    const suspects: Readable[] = [];
    const stored = [...(await this.#storeOrBisect(readable, options.isStuck ? suspects : null))];
    for (const suspect of suspects) stored.push(...(await this.#retryOrQuarantine(suspect, stored.length > 0)));
    const projects = new Set([...batch.frames.map((frame) => frame.projectId), ...batch.dropProjects]);
    for (const { projectId } of stored) if (!this.#isCountStale) projects.delete(projectId);
    if (projects.size > 0) {
      await this.#deps.database.transaction().execute((transaction) => this.#writeCounts(transaction, projects, []));
    }
    await this.#enqueue(scoreJobsOf(stored, this.#lanes));
  }

  /**
   * Makes ready what follows a batch, while the store is at work on that one. Nothing comes of it but time: what fails
   * here fails again when its turn comes.
   */
  async prepareAfter(batch: SpoolBatch): Promise<void> {
    const { spool, log } = this.#deps;
    try {
      for (const frame of (await spool.ahead?.(batch)) ?? []) await this.#makeReady(frame);
    } catch (error) {
      log.debug({ error }, 'nothing was made ready for the next batch');
    }
  }

  /** The batch in hand is acknowledged. */
  forget(): void {
    this.#settled.clear();
    this.#isCountStale = false;
  }

  /**
   * Reads a record, and has made of it what will be stored. What it was unpacked to goes before the next one is unpacked:
   * a batch of a filling spool is four times what it takes on the disk.
   */
  async #makeReady(frame: Frame): Promise<DecodedRecord> {
    const known = this.#decoded.get(frame);
    if (known !== undefined) return known;
    const decoded = await decodeRecord(frame.body);
    this.#decoded.set(frame, decoded);
    if (decoded.type === 'unreadable') return decoded;
    const isReady = await this.#deps.callStore.prepare?.(decoded.offered);
    if (isReady === true && decoded.unpacked !== undefined) freeBytes(decoded.unpacked);
    return decoded;
  }

  /**
   * Stores all, or finds the records that the store refuses by halving, and keeps those aside.
   *
   * @param suspects takes the records that fail alone and for another reason; null lets them fail the batch
   */
  async #storeOrBisect(readable: readonly Readable[], suspects: Readable[] | null): Promise<readonly StoredCallRef[]> {
    if (readable.length === 0) return [];
    const settling = readable.filter(({ frame }) => !this.#settled.has(frame.sequence));
    try {
      return await this.#deps.callStore.store(
        readable.map(({ offered }) => offered),
        async (transaction, stored) => {
          for (const { frame } of settling) this.#settled.set(frame.sequence, frame.projectId);
          await this.#writeCounts(transaction, new Set(readable.map(({ frame }) => frame.projectId)), stored);
        },
      );
    } catch (error) {
      for (const { frame } of settling) this.#settled.delete(frame.sequence);
      const isRefused = isRefusedData(error);
      if (!isRefused && (suspects === null || isOutage(error))) throw error;
      const [only] = readable;
      if (readable.length === 1 && only !== undefined) {
        if (isRefused) await this.#quarantine(only.frame, reasonOf(error));
        else suspects?.push(only);
        return [];
      }
      const middle = Math.ceil(readable.length / 2);
      const first = await this.#storeOrBisect(readable.slice(0, middle), suspects);
      return [...first, ...(await this.#storeOrBisect(readable.slice(middle), suspects))];
    }
  }

  /**
   * One more try for a record that failed alone. It is set aside only if the store takes other things: before and after
   * it, and other records of the batch. A store that takes nothing is in trouble itself.
   */
  async #retryOrQuarantine(suspect: Readable, hasNeighbours: boolean): Promise<readonly StoredCallRef[]> {
    const probe = () =>
      this.#deps.database
        .transaction()
        .execute((transaction) => this.#writeCounts(transaction, new Set([suspect.frame.projectId]), []));
    await probe();
    try {
      return await this.#storeOrBisect([suspect], null);
    } catch (error) {
      if (!hasNeighbours || isOutage(error)) throw error;
      await probe();
      await this.#quarantine(suspect.frame, `failed ${DRAIN_TRIES_MAX} times: ${reasonOf(error)}`);
      return [];
    }
  }

  /** The record goes into a file, and a dead letter says where: traffic has no place in that table. */
  async #quarantine(frame: Frame, reason: string): Promise<void> {
    const { spool, database, log } = this.#deps;
    const path = await spool.quarantine(`${spool.spoolId}-${frame.sequence}.record`, frame.body);
    const letter = {
      projectId: frame.projectId,
      queue: SPOOL_QUEUE,
      jobId: frame.callId,
      callId: frame.callId,
      reason,
      payload: { spoolId: spool.spoolId, sequence: frame.sequence, bytes: frame.body.length, path },
    };
    await recordDeadLetter(database, letter, countedBy(spool));
    this.#settled.set(frame.sequence, frame.projectId);
    this.#isCountStale = true;
    log.error({ callId: frame.callId, reason, path }, 'call record refused by the store and kept aside');
  }

  async #writeCounts(
    transaction: Database,
    projects: ReadonlySet<string>,
    stored: readonly StoredCallRef[],
  ): Promise<void> {
    const { spool } = this.#deps;
    const { durable, drained } = spool.totals();
    for (const projectId of [...projects].sort()) {
      const totals = durable.get(projectId) ?? NO_TOTALS;
      let settled = drained.get(projectId)?.records ?? 0;
      for (const project of this.#settled.values()) if (project === projectId) settled += 1;
      const counts = {
        projectId,
        gatewayId: spool.gatewayId,
        spoolId: spool.spoolId,
        delivered: settled,
        dropped: totals.dropped,
        lostBeforeDurable: totals.lost,
        pending: totals.records - settled,
        spoolBytes: spool.bytes(),
      };
      const isNewHere = stored.filter((ref) => ref.isNew && ref.projectId === projectId);
      await writeSpoolCounts(transaction, counts, isNewHere.length);
    }
  }

  /** One job that the queue refuses must not keep back the others. */
  async #enqueue(jobs: readonly NewJob<ScoreJob>[]): Promise<void> {
    if (jobs.length === 0) return;
    try {
      await this.#deps.queue.addBulk(jobs);
    } catch (error) {
      const [only] = jobs;
      if (!isRefusedJob(error) || only === undefined) throw error;
      if (jobs.length > 1) {
        for (const job of jobs) await this.#enqueue([job]);
        return;
      }
      const { projectId, callId } = only.data;
      const letter = {
        projectId,
        queue: SCORE_QUEUE,
        jobId: only.id,
        callId,
        reason: reasonOf(error),
        payload: only.data,
      };
      await recordDeadLetter(this.#deps.database, letter, countedBy(this.#deps.spool));
    }
  }
}

function isRefusedJob(error: unknown): boolean {
  return error instanceof TrimtabError && error.code === 'invalid_request';
}

function countedBy(spool: SpoolSink): string {
  return `${spool.gatewayId}/${spool.spoolId}`;
}

/** A code, never PostgreSQL's own message, which can quote the refused value. */
function reasonOf(error: unknown): string {
  if (error instanceof TrimtabError) return `${error.code}: ${error.message}`;
  if (error instanceof Error && 'severity' in error && 'code' in error) {
    return `refused by PostgreSQL with SQLSTATE ${String(error.code)}`;
  }
  return error instanceof Error ? `cannot be stored: ${error.name}` : 'cannot be stored';
}
