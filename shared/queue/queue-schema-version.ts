import { LATEST_SCHEMA_VERSION } from 'bullmq';

/** The version of BullMQ's PostgreSQL schema that this code needs; `migrateQueue` brings a database to it. */
export const QUEUE_SCHEMA_VERSION: number = LATEST_SCHEMA_VERSION;
