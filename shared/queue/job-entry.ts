import type { JobsOptions } from 'bullmq';
import { TrimtabError } from '#shared/errors.ts';
import type { JobDataOf } from './jobs.ts';
import { INGEST_QUEUE, type QueueName } from './names.ts';
import {
  FAILED_KEPT_COUNT,
  FAILED_KEPT_SECONDS,
  INGEST_PAYLOAD_BYTES_MAX,
  INTERNAL_SIZE_LIMIT_BYTES,
  JOB_ATTEMPTS,
  JOB_BACKOFF_JITTER,
  JOB_BACKOFF_MS,
} from './queue-limits.ts';
import { validateJob } from './validate-job.ts';

export interface NewJob<Data> {
  /** Deterministic: the same work has the same id, so that sending it again is harmless. */
  readonly id: string;
  readonly data: Data;
  /** Shown in BullMQ's tools; the queue's name when absent. */
  readonly name?: string;
  readonly delayMs?: number;
  /** 1 is first, 2,097,151 last; jobs without one go before all of them. */
  readonly priority?: number;
}

export interface QueueOptions {
  readonly attempts?: number;
  /** First wait after a failure, milliseconds; doubled for each further one. */
  readonly backoffMs?: number;
}

/** What every job of a queue is added with. */
export function jobOptionsOf(name: QueueName, options: QueueOptions): JobsOptions {
  return {
    attempts: options.attempts ?? JOB_ATTEMPTS,
    backoff: { type: 'exponential', delay: options.backoffMs ?? JOB_BACKOFF_MS, jitter: JOB_BACKOFF_JITTER },
    removeOnComplete: true,
    removeOnFail: { age: FAILED_KEPT_SECONDS, count: FAILED_KEPT_COUNT },
    sizeLimit: name === INGEST_QUEUE ? INGEST_PAYLOAD_BYTES_MAX : INTERNAL_SIZE_LIMIT_BYTES,
  };
}

/** BullMQ's form of a job. Throws `invalid_request` for one that a store would refuse, with its id in the details. */
export function toEntry<Name extends QueueName>(name: Name, job: NewJob<JobDataOf<Name>>, jobOptions: JobsOptions) {
  const validation = validateJob(name, job);
  if (!validation.valid) {
    throw new TrimtabError('invalid_request', validation.reason, { details: { jobId: job.id } });
  }
  const opts: JobsOptions = { ...jobOptions, jobId: job.id };
  if (job.delayMs !== undefined) opts.delay = job.delayMs;
  if (job.priority !== undefined) opts.priority = job.priority;
  return { name: job.name ?? name, data: validation.data, opts };
}
