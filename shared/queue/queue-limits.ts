/**
 * Limits of the queue door. Options let a test shorten the locks; everything else is the same everywhere.
 * The values come from fault runs against BullMQ 6 on both stores.
 */

/** One try is not enough: a completion write cut by a store restart fails a job whose work had succeeded. */
export const JOB_ATTEMPTS = 5;
export const JOB_BACKOFF_MS = 1_000;
/** A tenth of each wait is random, so that jobs failed by one outage do not return in one wave. */
export const JOB_BACKOFF_JITTER = 0.1;

export const LOCK_DURATION_MS = 30_000;
export const STALLED_INTERVAL_MS = 15_000;
/** A job whose worker died this often goes to `failed`; two crashes in a row must not lose it. */
export const STALLED_COUNT_MAX = 3;
/** BullMQ's own default of 15 s leaves workers idle that long after a one-second store restart. */
export const RUN_RETRY_DELAY_MS = 500;
export const WORKER_CONCURRENCY = 8;
/**
 * Longest sleep between two looks at an empty queue. BullMQ's PostgreSQL worker may sleep for an hour when its look
 * right after an outage fails, and would be woken by nothing but a new job.
 */
export const IDLE_POLL_SECONDS = 5;

/** Payload of an internal job: ids only. */
export const INTERNAL_PAYLOAD_BYTES_MAX = 1_024;
/** Guard handed to BullMQ as well, so that no way around the door can put bodies into an internal queue. */
export const INTERNAL_SIZE_LIMIT_BYTES = 16_384;
/** Payload of a public ingest job: one whole call record. */
export const INGEST_PAYLOAD_BYTES_MAX = 8 * 1_024 * 1_024;
export const JOB_ID_LENGTH_MAX = 200;
export const ADD_BULK_CHUNK = 500;

export const FAILED_KEPT_SECONDS = 14 * 24 * 3_600;
export const FAILED_KEPT_COUNT = 10_000;
/** Entries of BullMQ's event stream, which nobody of ours reads. */
export const EVENT_STREAM_LENGTH = 1_000;

/** A producer waits this long at the most, opening included; after it the outcome of an add is unknown. */
export const OPERATION_TIMEOUT_MS = 5_000;
/** Time for one try at opening a queue or worker. With the longest back-off it stays under five seconds. */
export const OPEN_TIMEOUT_MS = 3_000;
export const OPEN_BACKOFF_MIN_MS = 100;
export const OPEN_BACKOFF_MAX_MS = 1_000;

/**
 * Connections to PostgreSQL: a queue takes up to 2, a worker up to 3 and one for LISTEN. An evaluator with six of each
 * stays at 36 of the 200 that the embedded server allows; idle queues fall back to none.
 */
export const POSTGRES_QUEUE_POOL_MAX = 2;
export const POSTGRES_WORKER_POOL_MAX = 3;
export const POSTGRES_IDLE_TIMEOUT_MS = 30_000;
export const POSTGRES_WORKER_QUERY_TIMEOUT_MS = 10_000;

/** Of a closing worker's deadline, the part kept for jobs to end by themselves after their abort signal. */
export const ABORT_GRACE_MS = 1_000;
export const CLOSE_DEADLINE_MS = 10_000;
/**
 * Jobs that may be repeated are waited for no longer than this. Most take milliseconds, but closing a session of tens of
 * thousands of calls takes the better part of a minute, and would make every stop wait for its deadline.
 */
export const REPEATABLE_CLOSE_DEADLINE_MS = 2_500;
/** Tearing down connections to a store that does not answer is not worth more than this. */
export const DISPOSE_TIMEOUT_MS = 1_000;
export const WARNING_INTERVAL_MS = 10_000;
