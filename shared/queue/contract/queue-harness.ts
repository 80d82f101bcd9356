import { afterEach } from 'vitest';
import type { NewJob } from '../job-entry.ts';
import type { JudgeJob } from '../jobs.ts';
import { type JudgeQueueName, judgeQueueName } from '../names.ts';
import type { QueueBackend } from '../queue-backend.ts';
import type { QueueLog } from '../queue-log.ts';

/** Where the backend under test finds its store; a child process gets it as JSON. */
export interface QueueAddress {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
}

/** One kind of backend with a real store of its own, which the contract may stop and freeze. */
export interface QueueHarness {
  readonly address: QueueAddress;
  createBackend(log: QueueLog): QueueBackend;
  startStore(): Promise<void>;
  stopStore(): Promise<void>;
  /** The store stops answering with its connections open. */
  freezeStore(): void;
  thawStore(): void;
  dispose(): Promise<void>;
}

export interface ContractContext {
  harness(): QueueHarness;
  /** A backend that is closed after the test. */
  openBackend(): QueueBackend;
  /** A queue that no other test uses. */
  freshQueueName(): JudgeQueueName;
}

const CLOSE_DEADLINE_MS = 1_000;
const POLL_MS = 20;

/** Short locks, so that the death of a worker is noticed in about two seconds. */
export const SHORT_LOCKS = { lockMs: 1_500, stalledIntervalMs: 500 } as const;

const silentLog: QueueLog = { info: () => {}, warn: () => {} };

export function createContractContext(harness: () => QueueHarness): ContractContext {
  const opened: QueueBackend[] = [];
  let queues = 0;
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((backend) => backend.close(CLOSE_DEADLINE_MS)));
  });
  return {
    harness,
    openBackend() {
      const backend = harness().createBackend(silentLog);
      opened.push(backend);
      return backend;
    },
    freshQueueName() {
      queues += 1;
      return judgeQueueName(`contract-${queues}`);
    },
  };
}

export function judgeJob(sample: number): NewJob<JudgeJob> {
  return {
    id: `job-${sample}`,
    data: {
      v: 1,
      projectId: 'default',
      subjectType: 'call',
      subjectId: '019a0000-0000-7000-8000-000000000000',
      rubric: 'task-completion',
      rubricVersion: '1',
      sample,
    },
  };
}

export function judgeJobs(count: number, first = 0): NewJob<JudgeJob>[] {
  return Array.from({ length: count }, (_, index) => judgeJob(first + index));
}

/** Polls until the condition holds; fails with `what` after `limitMs` milliseconds. */
export async function until(what: string, limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A promise with its resolver outside. */
export function createSignal<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}
