import { expect, test } from 'vitest';
import { SESSION_QUEUE } from '../names.ts';
import { type ContractContext, createSignal, judgeJob, SHORT_LOCKS } from './queue-harness.ts';

const LONG_DEADLINE_MS = 20_000;

/** How a worker ends. */
export function closingContract(context: ContractContext): void {
  test('a closing worker lets its running job finish and takes no further one', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const [started, finish] = [createSignal(), createSignal()];
    const finished: string[] = [];
    const processor = async (job: { id: string }) => {
      started.resolve();
      await finish.promise;
      finished.push(job.id);
    };
    const worker = backend.openWorker(name, processor, { concurrency: 1 });
    await queue.addBulk([judgeJob(1), judgeJob(2)]);
    await started.promise;
    const closed = worker.close(LONG_DEADLINE_MS);
    expect(worker.isConsuming()).toBe(false);
    finish.resolve();
    expect(await closed).toEqual({ abandonedJobs: 0 });
    expect(finished).toEqual(['job-1']);
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
  });

  test('a job that heeds its abort signal ends within the deadline and is repeated by another worker', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name, { backoffMs: 50 });
    const started = createSignal();
    const worker = backend.openWorker(name, async (_job, signal) => {
      started.resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('interrupted')));
      });
    });
    await queue.add(judgeJob(1));
    await started.promise;
    expect(await worker.close(1_500)).toEqual({ abandonedJobs: 0 });
    const repeated = createSignal<number>();
    backend.openWorker(name, async (job) => repeated.resolve(job.attempt));
    expect(await repeated.promise).toBe(2);
  });

  test('a job that ignores its signal is abandoned at the deadline and repeated by another worker', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const [started, released] = [createSignal(), createSignal()];
    const processor = async () => {
      started.resolve();
      await released.promise;
    };
    const worker = backend.openWorker(name, processor, SHORT_LOCKS);
    await queue.add(judgeJob(1));
    await started.promise;
    const closingAt = performance.now();
    expect(await worker.close(1_000)).toEqual({ abandonedJobs: 1 });
    expect(performance.now() - closingAt).toBeLessThan(3_000);
    const repeated = createSignal<number>();
    backend.openWorker(name, async (job) => repeated.resolve(job.start), SHORT_LOCKS);
    expect(await repeated.promise).toBe(2);
    released.resolve();
  });

  test('a long job that may be done twice holds up a stop for seconds only, and is repeated by another worker', async () => {
    const backend = context.openBackend();
    const queue = backend.openQueue(SESSION_QUEUE);
    const [started, released] = [createSignal(), createSignal()];
    const processor = async () => {
      started.resolve();
      await released.promise;
    };
    const worker = backend.openWorker(SESSION_QUEUE, processor, SHORT_LOCKS);
    await queue.add({ id: 'session-1', data: { v: 1, projectId: 'project', sessionId: 'long' } });
    await started.promise;
    const closingAt = performance.now();
    expect(await worker.close(LONG_DEADLINE_MS)).toEqual({ abandonedJobs: 1 });
    expect(performance.now() - closingAt).toBeLessThan(LONG_DEADLINE_MS / 2);
    const repeated = createSignal<number>();
    backend.openWorker(SESSION_QUEUE, async (job) => repeated.resolve(job.start), SHORT_LOCKS);
    expect(await repeated.promise).toBe(2);
    released.resolve();
  });
}
