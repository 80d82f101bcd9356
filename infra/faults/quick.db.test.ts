import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntilSettled } from '../testing/answered-calls.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from './testing/fault-system.ts';
import { auditSystem, createJournal, runUnderLoad, untilAnswered } from './testing/run-under-load.ts';
import { seedOfRun } from './testing/seed.ts';
import { setStores } from './testing/set-stores.ts';

/** What fits into a few minutes of every change: `npm run test:faults` has the rest. */
const SEED = seedOfRun();
const OUTAGE_MS = 3_000;
const CALLS_WHILE_AWAY = 20;

describe.each(BACKENDS)('faults of stores under load, with the queues on %s,', (backend) => {
  const journal = createJournal();
  let target: FaultSystem;

  beforeAll(async () => {
    process.stdout.write(`faults of stores, ${backend}: seed ${SEED}\n`);
    target = await startFaultSystem({ backend, seed: SEED });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it('lose nothing, double nothing and reach no client while PostgreSQL and the queue are away', async () => {
    const run = await runUnderLoad(target, async (calls) => {
      setStores(target, false);
      await untilAnswered(calls, CALLS_WHILE_AWAY);
      // The length of the outage is what is tested.
      await delay(OUTAGE_MS);
      setStores(target, true);
    });
    journal.add(run);
    expect(await auditSystem(target, journal.calls, { run })).toEqual([]);
  });

  it('are found by the auditor when they break what must hold', async () => {
    const { database } = target.system;
    expect(await waitUntilSettled(database, journal.calls)).toBe(true);
    const [call] = journal.calls;
    if (call?.callId == null) throw new Error('no call was made');
    const { callId } = call;
    await sql`DELETE FROM scoring_run WHERE call_id = ${callId}`.execute(database);
    await sql`DELETE FROM call WHERE call_id = ${callId}`.execute(database);
    await sql`UPDATE audit_event SET reason = 'another' WHERE sequence = (SELECT min(sequence) FROM audit_event)`
      .execute(database)
      .catch(() => sql`ALTER TABLE audit_event DISABLE TRIGGER ALL`.execute(database));
    await sql`UPDATE audit_event SET reason = ${target.apiKey}
      WHERE sequence = (SELECT min(sequence) FROM audit_event)`.execute(database);
    const found = await auditSystem(target, [...journal.calls, { ...call, callId: null, outcome: 'unknown' }], {
      samples: [
        { gateway: 'one', epoch: 2, atMs: 1 },
        { gateway: 'one', epoch: 1, atMs: 2 },
      ],
      published: [{ epoch: 99, atMs: 1 }],
    });
    expect([...new Set(found.map(({ invariant }) => invariant))].sort()).toEqual([
      ...['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'],
    ]);
  });
});
