import { expect, test } from 'vitest';
import { INGEST_QUEUE } from '../names.ts';
import { type ContractContext, createSignal, judgeJob, judgeJobs, until } from './queue-harness.ts';

const DELIVERY_LIMIT_MS = 10_000;

/** What a queue does when nothing goes wrong. */
export function deliveryContract(context: ContractContext): void {
  test('every job of a bulk add runs once, with its payload', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const samples: number[] = [];
    backend.openWorker(name, async (job) => {
      expect(job.id).toBe(`job-${job.data.sample}`);
      samples.push(job.data.sample);
    });
    await queue.addBulk(judgeJobs(700));
    await until('700 jobs ran', DELIVERY_LIMIT_MS, () => samples.length >= 700);
    expect(samples.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 700 }, (_, index) => index));
    await until('the queue is empty', DELIVERY_LIMIT_MS, async () => isEmpty(await queue.counts()));
  });

  test('an id is ignored while its job exists, and free again once it has completed', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    await queue.addBulk([judgeJob(1), judgeJob(1)]);
    await queue.add(judgeJob(1));
    expect((await queue.counts()).waiting).toBe(1);
    expect(await queue.stateOf('job-1')).toBe('waiting');
    let runs = 0;
    backend.openWorker(name, async () => {
      runs += 1;
    });
    await until('the job has completed', DELIVERY_LIMIT_MS, async () => (await queue.stateOf('job-1')) === null);
    expect(runs).toBe(1);
    await queue.add(judgeJob(1));
    await until('the job ran again', DELIVERY_LIMIT_MS, () => runs === 2);
  });

  test('a delayed job runs after its delay and not before', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    const ran = createSignal<number>();
    const worker = backend.openWorker(name, async () => ran.resolve(performance.now()));
    await worker.whenConsuming(DELIVERY_LIMIT_MS);
    const addedAt = performance.now();
    await queue.add({ ...judgeJob(1), delayMs: 800 });
    expect((await queue.counts()).delayed).toBe(1);
    const waitedMs = (await ran.promise) - addedAt;
    expect(waitedMs).toBeGreaterThanOrEqual(795);
    expect(waitedMs).toBeLessThan(5_000);
  });

  test('jobs without a priority run first, then those with the lower number', async () => {
    const backend = context.openBackend();
    const name = context.freshQueueName();
    const queue = backend.openQueue(name);
    await queue.addBulk([{ ...judgeJob(3), priority: 20 }, { ...judgeJob(2), priority: 10 }, judgeJob(1)]);
    const samples: number[] = [];
    const processor = async (job: { data: { sample: number } }) => {
      samples.push(job.data.sample);
    };
    backend.openWorker(name, processor, { concurrency: 1 });
    await until('three jobs ran', DELIVERY_LIMIT_MS, () => samples.length === 3);
    expect(samples).toEqual([1, 2, 3]);
  });
}

/** What a queue refuses, and how much it carries. */
export function payloadContract(context: ContractContext): void {
  test('one invalid job keeps its whole batch out and is named', async () => {
    const queue = context.openBackend().openQueue(context.freshQueueName());
    const bad = { ...judgeJob(2), id: 'not:allowed' };
    await expect(queue.addBulk([judgeJob(1), bad])).rejects.toMatchObject({
      code: 'invalid_request',
      details: { jobId: 'not:allowed' },
    });
    expect(isEmpty(await queue.counts())).toBe(true);
  });

  test('a call record of seven megabytes goes through the ingest queue unchanged', async () => {
    const backend = context.openBackend();
    const queue = backend.openQueue(INGEST_QUEUE);
    const record = 'dHJpbQ=='.repeat(7 * 131_072);
    const received = createSignal<string>();
    backend.openWorker(INGEST_QUEUE, async (job) => received.resolve(job.data.record));
    await queue.add({ id: 'ingest-large', data: { v: 1, callId: 'foreign/1', record } });
    expect((await received.promise) === record).toBe(true);
  });

  test('a session id in any script arrives unchanged', async () => {
    const backend = context.openBackend();
    const queue = backend.openQueue('trimtab-session');
    const received = createSignal<string>();
    backend.openWorker('trimtab-session', async (job) => received.resolve(job.data.sessionId));
    const sessionId = 'sitzung ü 会话 😀 "quoted" \\u0000';
    await queue.add({ id: 'session-unicode', data: { v: 1, projectId: 'default', sessionId } });
    expect(await received.promise).toBe(sessionId);
  });
}

function isEmpty(counts: object): boolean {
  return Object.values(counts).every((count) => count === 0);
}
