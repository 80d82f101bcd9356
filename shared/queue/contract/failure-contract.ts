import { expect, test } from 'vitest';
import { TrimtabError } from '#shared/errors.ts';
import type { JobQueue } from '../job-queue.ts';
import type { JudgeJob } from '../jobs.ts';
import { startHangingWorker } from './hanging-worker-process.ts';
import { type ContractContext, createSignal, judgeJob, SHORT_LOCKS, until } from './queue-harness.ts';

const LIMIT_MS = 15_000;

/** What happens to a job whose processor throws. */
export function failureContract(context: ContractContext): void {
  function openFailing(attempts: number, fail: (attempt: number) => unknown) {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name, { attempts, backoffMs: 50 });
    const seen: number[] = [];
    backend.openWorker(name, async (job) => {
      seen.push(job.attempt);
      const error = fail(job.attempt);
      if (error !== undefined) throw error;
    });
    return { queue, seen };
  }

  test('a job whose processor throws is repeated, and knows which attempt it is', async () => {
    const { queue, seen } = openFailing(5, (attempt) => (attempt < 3 ? new Error('not yet') : undefined));
    await queue.add(judgeJob(1));
    await until('the job has completed', LIMIT_MS, async () => (await queue.stateOf('job-1')) === null);
    expect(seen).toEqual([1, 2, 3]);
    expect((await queue.counts()).failed).toBe(0);
  });

  test('a job that fails all its attempts is kept, counted and explained, and its id is free after its removal', async () => {
    const { queue, seen } = openFailing(3, (attempt) => new Error(`failure ${attempt}`));
    await queue.add(judgeJob(1));
    await untilFailed(queue);
    expect(seen).toEqual([1, 2, 3]);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, prioritized: 0, failed: 1 });
    const [failed] = await queue.failed(10);
    expect(failed).toMatchObject({ id: 'job-1', reason: 'failure 3', attemptsMade: 3, data: { sample: 1 } });
    await queue.add(judgeJob(1));
    expect(await queue.stateOf('job-1')).toBe('failed');
    expect(await queue.remove('job-1')).toBe(true);
    await queue.add(judgeJob(1));
    await until('the job ran again', LIMIT_MS, () => seen.length >= 4);
  });

  test('a failure whose text no database takes is recorded like any other', async () => {
    const { queue, seen } = openFailing(2, () => new Error('tool said \u0000 and \ud800'));
    await queue.add(judgeJob(1));
    await untilFailed(queue);
    expect(seen).toEqual([1, 2]);
    expect((await queue.failed(1))[0]?.reason).toBe('tool said ? and ?');
  });

  test('an error whose name means something to BullMQ is a failure like any other', async () => {
    const { queue, seen } = openFailing(5, (attempt) => {
      const names = ['DelayedError', 'WaitingError', 'WaitingChildrenError'];
      const name = names[attempt - 1];
      return name === undefined ? undefined : Object.assign(new Error('bullmq:rateLimitExceeded'), { name });
    });
    await queue.add(judgeJob(1));
    await until('the job has completed', LIMIT_MS, async () => (await queue.stateOf('job-1')) === null);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('an error that is not retryable fails the job at once', async () => {
    const { queue, seen } = openFailing(5, () => new TrimtabError('not_found', 'the call was erased'));
    await queue.add(judgeJob(1));
    await untilFailed(queue);
    expect(seen).toEqual([1]);
    expect((await queue.failed(1))[0]?.reason).toBe('the call was erased');
  });
}

/** What happens to a job whose worker dies. */
export function deathContract(context: ContractContext): void {
  test('the job of a killed worker is run by another one, as the same attempt', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    await queue.add(judgeJob(1));
    const victim = await startHangingWorker({ ...context.harness().address, queue: name, ...SHORT_LOCKS });
    expect(victim.jobId).toBe('job-1');
    const rescued = createSignal<{ attempt: number; start: number }>();
    const processor = async (job: { attempt: number; start: number }) => rescued.resolve(job);
    const worker = backend.openWorker(name, processor, SHORT_LOCKS);
    await worker.whenConsuming(LIMIT_MS);
    await victim.kill();
    const killedAt = performance.now();
    expect(await rescued.promise).toMatchObject({ attempt: 1, start: 2 });
    expect(performance.now() - killedAt).toBeLessThan(LIMIT_MS);
  });

  test('a job that has killed more workers than allowed fails instead of running again', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    await queue.add(judgeJob(1));
    const victim = await startHangingWorker({ ...context.harness().address, queue: name, ...SHORT_LOCKS });
    await victim.kill();
    let runs = 0;
    const processor = async () => {
      runs += 1;
    };
    backend.openWorker(name, processor, { ...SHORT_LOCKS, stalledCountMax: 0 });
    await untilFailed(queue);
    expect(runs).toBe(0);
  });
}

async function untilFailed(queue: JobQueue<JudgeJob>): Promise<void> {
  await until('the job has failed', LIMIT_MS, async () => (await queue.counts()).failed === 1);
}
