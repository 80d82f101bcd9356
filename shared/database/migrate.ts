import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { migrateQueue } from '../queue/migrate-queue.ts';
import { outliveCuts } from './connect.ts';
import * as first from './migrations/0001-first.ts';
import * as provisionalOutcomes from './migrations/0002-provisional-outcomes.ts';
import * as firstScored from './migrations/0003-first-scored.ts';
import * as lossesAndTokens from './migrations/0004-losses-and-tokens.ts';
import * as erasure from './migrations/0005-erasure.ts';
import * as servedModels from './migrations/0007-served-models.ts';
import * as judges from './migrations/0008-judges.ts';
import * as labelsAndCalibration from './migrations/0009-labels-and-calibration.ts';
import * as sessionEffort from './migrations/0010-session-effort.ts';
import * as webhooks from './migrations/0011-webhooks.ts';
import * as clusterWork from './migrations/0012-cluster-work.ts';
import * as weighedPairs from './migrations/0013-weighed-pairs.ts';
import * as policiesThatHold from './migrations/0014-policies-that-hold.ts';
import * as runProgress from './migrations/0015-run-progress-and-failing-sessions.ts';
import * as replayRubric from './migrations/0016-replay-rubric.ts';
import * as promptRuns from './migrations/0017-prompt-runs.ts';
import * as partsOfQuality from './migrations/0019-parts-of-quality.ts';
import * as continuedToolCalls from './migrations/0020-continued-tool-calls.ts';
import * as wordsOfCoolOff from './migrations/0021-words-of-a-cool-off.ts';
import * as answersAreDistinct from './migrations/0022-answers-are-distinct.ts';
import * as mainCall from './migrations/0023-main-call.ts';

/** Every migration by name, in order. Forward only: a mistake is mended by the next one. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-provisional-outcomes': provisionalOutcomes,
  '0003-first-scored': firstScored,
  '0004-losses-and-tokens': lossesAndTokens,
  '0005-erasure': erasure,
  '0007-served-models': servedModels,
  '0008-judges': judges,
  '0009-labels-and-calibration': labelsAndCalibration,
  '0010-session-effort': sessionEffort,
  '0011-webhooks': webhooks,
  '0012-cluster-work': clusterWork,
  '0013-weighed-pairs': weighedPairs,
  '0014-policies-that-hold': policiesThatHold,
  '0015-run-progress-and-failing-sessions': runProgress,
  '0016-replay-rubric': replayRubric,
  '0017-prompt-runs': promptRuns,
  '0019-parts-of-quality': partsOfQuality,
  '0020-continued-tool-calls': continuedToolCalls,
  '0021-words-of-a-cool-off': wordsOfCoolOff,
  '0022-answers-are-distinct': answersAreDistinct,
  '0023-main-call': mainCall,
};

export interface MigrationReport {
  readonly applied: readonly string[];
}

/** Brings our own schema to its newest version; safe to run from several processes (Kysely takes a lock). */
export async function migrateDatabase(connectionString: string): Promise<MigrationReport> {
  const pool = new pg.Pool({ connectionString, max: 1, application_name: 'trimtab-migrate' });
  outliveCuts(pool);
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return { applied: (results ?? []).map((result) => result.migrationName) };
  } finally {
    await database.destroy();
  }
}

/** All migrations, ours and BullMQ's, which must be done before any service starts. */
export async function migrateAll(connectionString: string): Promise<MigrationReport> {
  const report = await migrateDatabase(connectionString);
  await migrateQueue(connectionString);
  return report;
}

/** The newest migration this code knows; a service refuses to start on an older schema. */
export const NEWEST_MIGRATION = Object.keys(MIGRATIONS).at(-1) ?? '';
