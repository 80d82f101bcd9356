import { PostgresConnection } from 'bullmq';
import { TrimtabError } from '#shared/errors.ts';
import { postgresConnection } from './postgres-store.ts';

/** Migrations change functions and tables of a live queue, and may have to wait for its locks. */
const MIGRATION_TIMEOUT_MS = 120_000;

/**
 * Brings BullMQ's schema `bullmq` up to date. Idempotent and guarded by an advisory lock; forward only. Runs before any
 * service starts, because BullMQ does not migrate when it connects.
 */
export async function migrateQueue(connectionString: string): Promise<void> {
  const connection = new PostgresConnection({
    ...postgresConnection(connectionString, 1, MIGRATION_TIMEOUT_MS),
    migrate: true,
  });
  try {
    await connection.waitUntilReady();
  } catch (cause) {
    throw new TrimtabError('store_unavailable', 'the queue schema could not be migrated', { cause });
  } finally {
    await connection.close();
  }
}
