import { createRedisBackend, Queue } from 'bullmq';
import { createRedis } from '#shared/redis.ts';
import { EVENT_STREAM_LENGTH } from './queue-limits.ts';
import type { QueueStore } from './queue-store.ts';
import { StoreWorker } from './store-worker.ts';

/**
 * BullMQ on Redis. The clients are ours, so that their time-outs are; BullMQ leaves a client it was given open, which
 * is why disposing of a queue or worker also disconnects the client. A worker's blocking connection is a copy that
 * BullMQ makes and closes itself.
 */
export function createRedisStore(redisUrl: string): QueueStore {
  return {
    kind: 'redis',
    buildQueue(name, onError) {
      const client = createRedis(redisUrl, { purpose: 'producer', onError });
      const queue = new Queue(
        name,
        { connection: client, streams: { events: { maxLen: EVENT_STREAM_LENGTH } } },
        createRedisBackend,
      );
      queue.on('error', onError);
      const dispose = async () => {
        const closed = queue.close();
        client.disconnect();
        await closed;
      };
      return { value: queue, ready: queue.waitUntilReady(), dispose };
    },
    buildWorker(name, processor, options, onError) {
      const client = createRedis(redisUrl, { purpose: 'worker', onError });
      const worker = new StoreWorker(name, processor, { ...options, connection: client }, createRedisBackend);
      worker.on('error', onError);
      const dispose = async () => {
        const abandoned = worker.abandon();
        client.disconnect();
        await abandoned;
      };
      return { value: worker, ready: worker.waitUntilReady(), dispose };
    },
  };
}
