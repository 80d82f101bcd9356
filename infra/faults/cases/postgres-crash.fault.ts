import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { startTemporaryPostgres, type TemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { databaseNow, resumedAfter } from '../testing/recovery.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const DOWN_MS = 1_000;

describe.each(BACKENDS)('a PostgreSQL that crashes, with the queues on %s,', (backend) => {
  let postgres: TemporaryPostgres;
  let target: FaultSystem;

  beforeAll(async () => {
    postgres = await startTemporaryPostgres();
    const { connectionString } = postgres;
    const database = { connectionString, drop: () => postgres.dispose() };
    target = await startFaultSystem({ backend, seed: SEED, database });
  });
  afterAll(async () => {
    await (target === undefined ? postgres?.dispose() : target.stop());
  });

  it('loses nothing that it has confirmed, and nothing is doubled when it is back', async (context) => {
    const { database } = target.system;
    const postmaster = await postmasterOf(database);
    let healedAt = new Date(0);
    const run = await runUnderLoad(target, async () => {
      // An immediate shutdown: no checkpoint, no goodbye to anybody, and recovery from the log at the next start.
      process.kill(postmaster, 'SIGQUIT');
      await delay(DOWN_MS);
      // It is gone already; this gives its folder back.
      await postgres.stop();
      await postgres.start();
      healedAt = await databaseNow(database);
    });
    const violations = await auditSystem(target, run.calls, { run });
    const { storedS, scoredS } = await resumedAfter(database, healedAt);
    recordFault(context, {
      ...{ row: 'postgres-crash', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'recover_after_store_s', value: Math.max(storedS, scoredS), op: '<=', bar: 3, n: 1 },
      ],
    });
    expect(violations).toEqual([]);
  });
});

async function postmasterOf(database: Database): Promise<number> {
  const { rows } = await sql<{ folder: string }>`SELECT current_setting('data_directory') AS folder`.execute(database);
  const pid = Number(readFileSync(join(rows[0]?.folder ?? '', 'postmaster.pid'), 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid)) throw new Error('the server does not say its process number');
  return pid;
}
