import { createQueueBackend } from '../queue-backend.ts';
import type { HangingWorkerTask } from './hanging-worker-process.ts';

/** A process that takes one job, says which, and neither finishes it nor lets its lock expire while it lives. */
const task: HangingWorkerTask = JSON.parse(process.argv[2] ?? '');
const backend = createQueueBackend({ log: { info: () => {}, warn: () => {} } }, task);

backend.openWorker(
  task.queue,
  (job) => {
    process.stdout.write(`${job.id}\n`);
    return new Promise(() => {});
  },
  { concurrency: 1, lockMs: task.lockMs, stalledIntervalMs: task.stalledIntervalMs },
);
