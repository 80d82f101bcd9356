import { type Job, UnrecoverableError } from 'bullmq';
import { type JobDataOf, jobSchemaOf } from './jobs.ts';
import type { QueueName } from './names.ts';
import type { StoreProcessor } from './queue-store.ts';
import { toStorableError } from './storable-error.ts';

export interface ReceivedJob<Data> {
  readonly id: string;
  readonly name: string;
  readonly data: Data;
  /** 1 for the first try. A try that ended with the death of its worker does not count. */
  readonly attempt: number;
  /** 1 for the first start, deaths of workers included. */
  readonly start: number;
  readonly addedAtMs: number;
}

/**
 * Does the work of one job. It returns nothing, because BullMQ would keep what it returns. Delivery is at least once,
 * so its effects must be idempotent. Throwing means another attempt later, unless the error is a `TrimtabError` that is
 * not retryable. The signal aborts when the worker has to close; long waits must end then.
 */
export type JobProcessor<Data> = (job: ReceivedJob<Data>, signal: AbortSignal) => Promise<void>;

/**
 * Wraps a processor for BullMQ, which passes a signal only to functions that declare three parameters.
 *
 * @param running counts the jobs in progress
 */
export function toStoreProcessor<Name extends QueueName>(
  name: Name,
  processor: JobProcessor<JobDataOf<Name>>,
  running: { jobs: number },
): StoreProcessor {
  const schema = jobSchemaOf(name);
  return async (job: Job, _token, signal) => {
    running.jobs += 1;
    try {
      const parsed = schema.safeParse(job.data);
      if (!parsed.success) throw new UnrecoverableError(`payload of ${name} is invalid: ${parsed.error.message}`);
      await processor(toReceivedJob(job, parsed.data), signal ?? new AbortController().signal);
    } catch (error) {
      throw toStorableError(error);
    } finally {
      running.jobs -= 1;
    }
  };
}

function toReceivedJob<Data>(job: Job, data: Data): ReceivedJob<Data> {
  return {
    id: job.id ?? '',
    name: job.name,
    data,
    attempt: job.attemptsMade + 1,
    start: job.attemptsStarted,
    addedAtMs: job.timestamp,
  };
}
