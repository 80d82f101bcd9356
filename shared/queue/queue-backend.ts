import { type Canary, createCanary } from './canary.ts';
import type { QueueOptions } from './job-entry.ts';
import { createJobQueue, type JobQueue } from './job-queue.ts';
import { createJobWorker, type JobWorker, type WorkerOptions } from './job-worker.ts';
import type { JobDataOf } from './jobs.ts';
import { CANARY_QUEUE, type QueueName } from './names.ts';
import { createPostgresStore } from './postgres-store.ts';
import { CLOSE_DEADLINE_MS } from './queue-limits.ts';
import type { QueueLog } from './queue-log.ts';
import { createRedisStore } from './redis-store.ts';
import type { JobProcessor } from './store-processor.ts';

/** The one door to BullMQ. What it opens may be opened while the store is down, and works once the store is up. */
export interface QueueBackend {
  readonly kind: 'postgres' | 'redis';
  openQueue<Name extends QueueName>(name: Name, options?: QueueOptions): JobQueue<JobDataOf<Name>>;
  openWorker<Name extends QueueName>(
    name: Name,
    processor: JobProcessor<JobDataOf<Name>>,
    options?: WorkerOptions,
  ): JobWorker;
  /** Opens the probe of `/readyz`: its own queue and worker on `trimtab-canary`. */
  openCanary(): Canary;
  /** Closes the workers first, with a deadline in milliseconds, then everything else that was opened here. */
  close(deadlineMs?: number): Promise<void>;
}

/**
 * BullMQ on Redis when an address is given, else on PostgreSQL, whose schema `migrateQueue` must have made.
 *
 * @param deps.now Unix time in milliseconds
 */
export function createQueueBackend(
  deps: { readonly log: QueueLog; readonly now?: () => number },
  options: { readonly databaseUrl: string; readonly redisUrl?: string | undefined },
): QueueBackend {
  const store =
    options.redisUrl === undefined ? createPostgresStore(options.databaseUrl) : createRedisStore(options.redisUrl);
  const storeDeps = { store, log: deps.log, now: deps.now ?? Date.now };
  const queues: { close(): Promise<void> }[] = [];
  const workers: JobWorker[] = [];
  const backend: QueueBackend = {
    kind: store.kind,
    openQueue(name, queueOptions) {
      const queue = createJobQueue(storeDeps, name, queueOptions);
      queues.push(queue);
      return queue;
    },
    openWorker(name, processor, workerOptions) {
      const worker = createJobWorker(storeDeps, name, processor, workerOptions);
      workers.push(worker);
      return worker;
    },
    openCanary: () =>
      createCanary({
        queue: backend.openQueue(CANARY_QUEUE, { attempts: 1 }),
        openWorker: (processor, workerOptions) => backend.openWorker(CANARY_QUEUE, processor, workerOptions),
        now: storeDeps.now,
      }),
    async close(deadlineMs = CLOSE_DEADLINE_MS) {
      await Promise.all(workers.map((worker) => worker.close(deadlineMs)));
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
  return backend;
}
