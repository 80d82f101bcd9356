import type { JobDataOf } from './jobs.ts';
import { isRepeatable, type QueueName } from './names.ts';
import {
  ABORT_GRACE_MS,
  FAILED_KEPT_COUNT,
  FAILED_KEPT_SECONDS,
  IDLE_POLL_SECONDS,
  LOCK_DURATION_MS,
  REPEATABLE_CLOSE_DEADLINE_MS,
  RUN_RETRY_DELAY_MS,
  STALLED_COUNT_MAX,
  STALLED_INTERVAL_MS,
  WARNING_INTERVAL_MS,
  WORKER_CONCURRENCY,
} from './queue-limits.ts';
import type { QueueLog } from './queue-log.ts';
import { createThrottledWarning } from './queue-log.ts';
import type { OpenStoreWorker, QueueStore, StoreWorkerOptions } from './queue-store.ts';
import { createReopening } from './reopening.ts';
import { type JobProcessor, toStoreProcessor } from './store-processor.ts';
import { settlesWithin } from './with-deadline.ts';

export interface WorkerOptions {
  readonly concurrency?: number;
  /** A job whose worker stops renewing its lock for this long is given to another one, milliseconds. */
  readonly lockMs?: number;
  /** Time between two searches for such jobs, milliseconds. */
  readonly stalledIntervalMs?: number;
  readonly stalledCountMax?: number;
  /** Name of the queue in the store, where a foreign producer has named it. */
  readonly storedAs?: string;
}

export interface JobWorker {
  readonly name: QueueName;
  /** True while a connected worker takes jobs. That jobs flow is shown by the canary probe only. */
  isConsuming(): boolean;
  /** Waits until the worker is connected; rejects with `store_unavailable` after `limitMs` milliseconds. */
  whenConsuming(limitMs: number): Promise<void>;
  /**
   * Takes no further jobs and waits for those that run. Shortly before the deadline (milliseconds) their signal aborts;
   * at the deadline they are abandoned: their locks expire, and another worker repeats them. Jobs that may be repeated
   * have seconds, whatever the deadline.
   */
  close(deadlineMs: number): Promise<{ readonly abandonedJobs: number }>;
}

export function createJobWorker<Name extends QueueName>(
  deps: { readonly store: QueueStore; readonly log: QueueLog; readonly now: () => number },
  name: Name,
  processor: JobProcessor<JobDataOf<Name>>,
  options: WorkerOptions = {},
): JobWorker {
  const warn = createThrottledWarning(deps.log, { intervalMs: WARNING_INTERVAL_MS, now: deps.now });
  const onError = (error: Error) => warn({ queue: name, error: error.message }, 'queue worker reports an error');
  const running = { jobs: 0 };
  const process = toStoreProcessor(name, processor, running);
  const worker = createReopening<OpenStoreWorker>(deps, {
    what: `worker of ${name}`,
    build: () => deps.store.buildWorker(options.storedAs ?? name, process, storeOptionsOf(options), onError),
    onOpen: consume,
  });
  let closing: Promise<{ readonly abandonedJobs: number }> | null = null;

  /** A run that ends without being asked to would leave a worker that looks alive and takes nothing. */
  function consume(open: OpenStoreWorker): void {
    const whenEnded = () => {
      if (closing === null && worker.current() === open) worker.reopen();
    };
    open.run().then(whenEnded, (error: Error) => {
      onError(error);
      whenEnded();
    });
    deps.log.info({ queue: name, store: deps.store.kind }, 'queue worker consumes');
  }

  async function closeOnce(limitMs: number): Promise<{ readonly abandonedJobs: number }> {
    const deadlineMs = isRepeatable(name) ? Math.min(limitMs, REPEATABLE_CLOSE_DEADLINE_MS) : limitMs;
    const open = worker.current();
    const graceMs = Math.min(ABORT_GRACE_MS, deadlineMs / 2);
    if (open !== null) {
      const closed = open.close();
      if (!(await settlesWithin(closed, deadlineMs - graceMs))) {
        open.cancelAllJobs('the worker is closing');
        await settlesWithin(closed, graceMs);
      }
    }
    const abandonedJobs = running.jobs;
    if (abandonedJobs > 0) deps.log.warn({ queue: name, abandonedJobs }, 'queue worker closed on running jobs');
    await worker.close();
    return { abandonedJobs };
  }

  return {
    name,
    isConsuming: () => closing === null && worker.current()?.isRunning() === true,
    async whenConsuming(limitMs) {
      await worker.whenOpen(limitMs);
    },
    close(deadlineMs) {
      closing ??= closeOnce(deadlineMs);
      return closing;
    },
  };
}

function storeOptionsOf(options: WorkerOptions): StoreWorkerOptions {
  return {
    autorun: false,
    concurrency: options.concurrency ?? WORKER_CONCURRENCY,
    lockDuration: options.lockMs ?? LOCK_DURATION_MS,
    stalledInterval: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
    maxStalledCount: options.stalledCountMax ?? STALLED_COUNT_MAX,
    runRetryDelay: RUN_RETRY_DELAY_MS,
    drainDelay: IDLE_POLL_SECONDS,
    // For jobs of foreign producers; ours carry the same options themselves.
    removeOnComplete: { count: 0 },
    removeOnFail: { age: FAILED_KEPT_SECONDS, count: FAILED_KEPT_COUNT },
  };
}
