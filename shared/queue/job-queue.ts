import { TrimtabError } from '#shared/errors.ts';
import { jobOptionsOf, type NewJob, type QueueOptions, toEntry } from './job-entry.ts';
import type { JobDataOf } from './jobs.ts';
import type { QueueName } from './names.ts';
import { ADD_BULK_CHUNK, OPERATION_TIMEOUT_MS, WARNING_INTERVAL_MS } from './queue-limits.ts';
import type { QueueLog } from './queue-log.ts';
import { createThrottledWarning } from './queue-log.ts';
import type { QueueStore, StoreQueue } from './queue-store.ts';
import { createReopening } from './reopening.ts';
import { withDeadline } from './with-deadline.ts';

export interface FailedJob {
  readonly id: string;
  readonly data: unknown;
  readonly reason: string;
  readonly attemptsMade: number;
  readonly failedAtMs: number | null;
}

export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly prioritized: number;
  readonly failed: number;
}

/**
 * The producer's side of one queue. No call waits longer than five seconds; on a store that does not answer it rejects
 * with `store_unavailable`, and then the outcome is *unknown*: send again, ids make that harmless.
 */
export interface JobQueue<Data> {
  readonly name: QueueName;
  /** An id is ignored while a job with it exists, failed ones included; the id of a completed job is free again. */
  add(job: NewJob<Data>): Promise<void>;
  /**
   * Adds all or, if one of them is invalid, none: rejects with `invalid_request`, whose details name the job. See
   * `validateJob`. More than 500 jobs travel in several batches, of which the first may have been added when a later
   * one fails.
   */
  addBulk(jobs: readonly NewJob<Data>[]): Promise<void>;
  counts(): Promise<JobCounts>;
  /** BullMQ's state of a job, or null when the queue has no job with this id. */
  stateOf(id: string): Promise<string | null>;
  /** Jobs that failed all their attempts, newest first. */
  failed(limit: number): Promise<readonly FailedJob[]>;
  /** Removes a job that is not running; a failed job has to be removed before its id can be added again. */
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export function createJobQueue<Name extends QueueName>(
  deps: { readonly store: QueueStore; readonly log: QueueLog; readonly now: () => number },
  name: Name,
  options: QueueOptions = {},
): JobQueue<JobDataOf<Name>> {
  const warn = createThrottledWarning(deps.log, { intervalMs: WARNING_INTERVAL_MS, now: deps.now });
  const queue = createReopening(deps, {
    what: `queue ${name}`,
    build: () =>
      deps.store.buildQueue(name, (error) =>
        warn({ queue: name, error: error.message }, 'queue store reports an error'),
      ),
  });
  const jobOptions = jobOptionsOf(name, options);

  async function onStore<T>(what: string, work: (open: StoreQueue) => Promise<T>): Promise<T> {
    const outcome = queue.whenOpen(OPERATION_TIMEOUT_MS).then(work);
    try {
      return await withDeadline(outcome, OPERATION_TIMEOUT_MS, `${what} ${name}`);
    } catch (cause) {
      if (cause instanceof TrimtabError) throw cause;
      if (isRefusedData(cause)) throw new TrimtabError('invalid_request', `${what} ${name} was refused`, { cause });
      throw new TrimtabError('store_unavailable', `${what} ${name} failed`, { cause });
    }
  }

  async function addBulk(jobs: readonly NewJob<JobDataOf<Name>>[]): Promise<void> {
    const entries = jobs.map((job) => toEntry(name, job, jobOptions));
    for (let start = 0; start < entries.length; start += ADD_BULK_CHUNK) {
      const chunk = entries.slice(start, start + ADD_BULK_CHUNK);
      await onStore('adding to', (open) => open.addBulk(chunk));
    }
  }

  return {
    name,
    add: (job) => addBulk([job]),
    addBulk,
    counts: () => onStore('counting', async (open) => toCounts(await open.getJobCounts())),
    stateOf: (id) =>
      onStore('reading', async (open) => {
        const state = await open.getJobState(id);
        return state === 'unknown' ? null : state;
      }),
    failed: (limit) => onStore('reading', (open) => readFailed(open, limit)),
    remove: (id) => onStore('removing from', async (open) => (await open.remove(id)) === 1),
    close: () => queue.close(),
  };
}

/** PostgreSQL's own word (SQLSTATE class 22) that the data is at fault, so that sending it again cannot help. */
function isRefusedData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22[0-9A-Z]{3}$/.test(String(error.code));
}

function toCounts(counts: Record<string, number>): JobCounts {
  const paused = counts['paused'] ?? 0;
  return {
    waiting: (counts['waiting'] ?? counts['wait'] ?? 0) + paused,
    active: counts['active'] ?? 0,
    delayed: counts['delayed'] ?? 0,
    prioritized: counts['prioritized'] ?? 0,
    failed: counts['failed'] ?? 0,
  };
}

async function readFailed(open: StoreQueue, limit: number): Promise<readonly FailedJob[]> {
  const jobs = await open.getFailed(0, limit - 1);
  return jobs.map((job) => ({
    id: job.id ?? '',
    data: job.data,
    reason: job.failedReason,
    attemptsMade: job.attemptsMade,
    failedAtMs: job.finishedOn ?? null,
  }));
}
