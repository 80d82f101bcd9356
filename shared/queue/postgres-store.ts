import {
  type BackendFactory,
  createPostgresBackend,
  type PostgresConnectionOptions,
  type PostgresPoolConfig,
  type PostgresQueueBackend,
  Queue,
} from 'bullmq';
import { isRepeatable } from './names.ts';
import {
  EVENT_STREAM_LENGTH,
  IDLE_POLL_SECONDS,
  OPEN_TIMEOUT_MS,
  OPERATION_TIMEOUT_MS,
  POSTGRES_IDLE_TIMEOUT_MS,
  POSTGRES_QUEUE_POOL_MAX,
  POSTGRES_WORKER_POOL_MAX,
  POSTGRES_WORKER_QUERY_TIMEOUT_MS,
} from './queue-limits.ts';
import type { QueueStore } from './queue-store.ts';
import { reportOutages } from './store-outage.ts';
import { StoreWorker } from './store-worker.ts';

/** BullMQ's tables live beside ours, in a schema of their own. */
const QUEUE_SCHEMA = 'bullmq';

/**
 * That a job which may be repeated is done need not be on the disk when it is said: the log of the database keeps its
 * order, so that after a power cut a job that is done has left what it wrote, and a job whose end was lost is done again.
 */
const LATE_COMMIT = '-c synchronous_commit=off';

/**
 * BullMQ on PostgreSQL. Every queue and worker has its own small pool: an object that failed to open is thrown away
 * whole, and nothing of it can poison the next one.
 */
export function createPostgresStore(databaseUrl: string): QueueStore {
  return {
    kind: 'postgres',
    buildQueue(name, onError) {
      const connection = postgresConnection(databaseUrl, POSTGRES_QUEUE_POOL_MAX, OPERATION_TIMEOUT_MS);
      const queue = new Queue(
        name,
        { connection, streams: { events: { maxLen: EVENT_STREAM_LENGTH } } },
        createQueueBackend,
      );
      queue.on('error', onError);
      return { value: queue, ready: queue.waitUntilReady(), dispose: () => queue.close() };
    },
    buildWorker(name, processor, options, onError) {
      const connection = {
        ...postgresConnection(databaseUrl, POSTGRES_WORKER_POOL_MAX, POSTGRES_WORKER_QUERY_TIMEOUT_MS),
        ...(isRepeatable(name) ? { options: LATE_COMMIT } : {}),
      };
      const worker = new StoreWorker(name, processor, { ...options, connection }, createWorkerBackend);
      worker.on('error', onError);
      return { value: worker, ready: worker.waitUntilReady(), dispose: () => worker.abandon() };
    },
  };
}

/** What every connection of BullMQ to PostgreSQL is made with: a pinned schema, and a limit on every wait. */
export function postgresConnection(databaseUrl: string, poolMax: number, queryTimeoutMs: number): PostgresPoolConfig {
  return {
    connectionString: databaseUrl,
    schema: QUEUE_SCHEMA,
    application_name: 'trimtab-queue',
    max: poolMax,
    keepAlive: true,
    connectionTimeoutMillis: OPEN_TIMEOUT_MS,
    idleTimeoutMillis: POSTGRES_IDLE_TIMEOUT_MS,
    query_timeout: queryTimeoutMs,
  };
}

/**
 * BullMQ's backend, whose connections may break also while one is in use: it listens to idle ones only, and a broken
 * one that opens a queue would end the process.
 */
const createQueueBackend: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (
  name,
  options,
  factoryOptions,
) => {
  const backend = createPostgresBackend(name, options, factoryOptions);
  backend.connection.pool.on('connect', (client) => void client.on('error', () => {}));
  return backend;
};

/** The same for a worker, with a bounded sleep (see `IDLE_POLL_SECONDS`) and outages that it rides out. */
const createWorkerBackend: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (
  name,
  options,
  factoryOptions,
) => {
  const backend = createQueueBackend(name, options, factoryOptions);
  reportOutages(backend.connection.pool);
  Object.defineProperty(backend, 'maximumBlockTimeout', { get: () => IDLE_POLL_SECONDS });
  return backend;
};
