import { afterEach, expect, test } from 'vitest';
import type { NewJob } from '../job-entry.ts';
import type { JobQueue } from '../job-queue.ts';
import type { JudgeJob } from '../jobs.ts';
import { type ContractContext, createSignal, judgeJob, judgeJobs, SHORT_LOCKS, until } from './queue-harness.ts';

/** From the moment at which the store answers again to the first job that runs. */
const RECOVERY_LIMIT_MS = 5_000;
/** The longest that a producer may wait, with room for a busy machine. */
const PRODUCER_LIMIT_MS = 6_000;
const DRAIN_LIMIT_MS = 30_000;
const CONCURRENCY = 4;

/** What happens while the store is away. */
export function outageContract(context: ContractContext): void {
  let storeIsUp = true;
  const stopStore = async () => {
    storeIsUp = false;
    await context.harness().stopStore();
  };
  const startStore = async () => {
    await context.harness().startStore();
    storeIsUp = true;
  };
  afterEach(async () => {
    context.harness().thawStore();
    if (!storeIsUp) await startStore();
  });

  test('a queue and a worker opened before their store work within five seconds of its start', async () => {
    await stopStore();
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const ran = createSignal();
    const worker = backend.openWorker(name, async () => ran.resolve());
    const refusedAt = performance.now();
    await expect(queue.add(judgeJob(1))).rejects.toMatchObject({ code: 'store_unavailable', retryable: true });
    expect(performance.now() - refusedAt).toBeLessThan(PRODUCER_LIMIT_MS);
    expect(worker.isConsuming()).toBe(false);

    await startStore();
    const upAt = performance.now();
    await addUntilAccepted(queue, [judgeJob(2)]);
    await ran.promise;
    expect(performance.now() - upAt).toBeLessThan(RECOVERY_LIMIT_MS);
    expect(worker.isConsuming()).toBe(true);
  });

  test('a store that restarts under load loses no job and fails none', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const ran = new Set<number>();
    const hundredStarted = createSignal();
    const storeIsDown = createSignal();
    let started = 0;
    const processor = async (job: { data: JudgeJob }) => {
      started += 1;
      if (started === 100) hundredStarted.resolve();
      // From here on jobs are in progress while the store is away, and complete into nothing.
      if (started > 100) await storeIsDown.promise;
      ran.add(job.data.sample);
    };
    const worker = backend.openWorker(name, processor, { concurrency: CONCURRENCY, ...SHORT_LOCKS });
    await worker.whenConsuming(RECOVERY_LIMIT_MS);
    await queue.addBulk(judgeJobs(300));
    await hundredStarted.promise;
    await stopStore();
    storeIsDown.resolve();
    const addedInOutage = addUntilAccepted(queue, judgeJobs(50, 300));
    expect(ran.size).toBeLessThanOrEqual(100 + CONCURRENCY);

    await startStore();
    const [before, upAt] = [started, performance.now()];
    await until('jobs run again', RECOVERY_LIMIT_MS, () => started > before);
    expect(performance.now() - upAt).toBeLessThan(RECOVERY_LIMIT_MS);
    await addedInOutage;
    await until('all 350 jobs ran', DRAIN_LIMIT_MS, () => ran.size === 350);
    await until('the queue is empty', DRAIN_LIMIT_MS, async () => {
      const { failed, ...unfinished } = await queue.counts();
      expect(failed).toBe(0);
      return Object.values(unfinished).every((count) => count === 0);
    });
    // Repeated are at most the jobs in progress at the cut, and those claimed by an answer that got lost.
    expect(started - ran.size).toBeLessThanOrEqual(2 * CONCURRENCY);
  });
}

/** What happens while the store holds its connections open and answers nothing. */
export function freezeContract(context: ContractContext): void {
  afterEach(() => context.harness().thawStore());

  test('an add to a frozen store is refused in time, and sending it again makes no second job', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    await queue.add(judgeJob(1));
    context.harness().freezeStore();
    const sentAt = performance.now();
    await expect(queue.add(judgeJob(2))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(performance.now() - sentAt).toBeLessThan(PRODUCER_LIMIT_MS);
    context.harness().thawStore();
    await addUntilAccepted(queue, [judgeJob(2)]);
    expect((await queue.counts()).waiting).toBe(2);
  });

  test('the canary proves consumption, and says so in time when there is none', async () => {
    const canary = context.openBackend().openCanary();
    await until('the canary is consumed', RECOVERY_LIMIT_MS, async () => (await canary.probe(2_000)).consumed);
    const [first, second] = await Promise.all([canary.probe(2_000), canary.probe(2_000)]);
    expect(first).toMatchObject({ consumed: true, by: 'this_process' });
    expect(second).toBe(first);
    context.harness().freezeStore();
    const askedAt = performance.now();
    expect(await canary.probe(1_000)).toMatchObject({ consumed: false });
    expect(performance.now() - askedAt).toBeLessThan(2_000);
    context.harness().thawStore();
    await until(
      'the canary is consumed again',
      2 * RECOVERY_LIMIT_MS,
      async () => (await canary.probe(2_000)).consumed,
    );
  });
}

/** What a drainer does: a refused add may have happened, and is sent again. */
async function addUntilAccepted(queue: JobQueue<JudgeJob>, jobs: readonly NewJob<JudgeJob>[]): Promise<void> {
  await until('the add is accepted', DRAIN_LIMIT_MS, () =>
    queue.addBulk(jobs).then(
      () => true,
      () => false,
    ),
  );
}
