import { describe, test } from 'vitest';
import { createRedisServer, findRedisServer } from '#shared/testing/redis-server.ts';
import { createQueueBackend } from './queue-backend.ts';
import { describeQueueContract } from './queue-contract.ts';

const redis = findRedisServer(process.env);

if (redis.available) {
  describeQueueContract('the queue on Redis', async () => {
    const server = await createRedisServer(redis.program);
    await server.start();
    const address = { databaseUrl: 'postgres://unused', redisUrl: server.url };
    return {
      address,
      createBackend: (log) => createQueueBackend({ log }, address),
      startStore: server.start,
      stopStore: server.kill,
      freezeStore: server.freeze,
      thawStore: server.thaw,
      dispose: server.dispose,
    };
  });
} else {
  describe('the queue on Redis', () => {
    test.skip(`the contract of the Redis backend (${redis.reason})`);
  });
}
