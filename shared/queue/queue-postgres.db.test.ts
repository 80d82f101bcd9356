import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { migrateQueue } from './migrate-queue.ts';
import { createQueueBackend } from './queue-backend.ts';
import { describeQueueContract } from './queue-contract.ts';

describeQueueContract('the queue on PostgreSQL', async () => {
  const postgres = await startTemporaryPostgres();
  const address = { databaseUrl: postgres.connectionString };
  await migrateQueue(address.databaseUrl);
  return {
    address,
    createBackend: (log) => createQueueBackend({ log }, address),
    startStore: postgres.start,
    stopStore: postgres.stop,
    freezeStore: postgres.freeze,
    thawStore: postgres.thaw,
    dispose: postgres.dispose,
  };
});
