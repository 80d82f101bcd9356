import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkFaults } from '#shared/testing/fault-proxy.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { databaseNow, resumedAfter } from '../testing/recovery.ts';
import { auditSystem, createJournal, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const OUTAGE_MS = 10_000;
const SEED = seedOfRun();

/** What happens to the connections to PostgreSQL, and for how long. */
const FAULTS = [
  { row: 'postgres-stopped', what: 'stops', faults: { isRefusing: true }, resets: true, forMs: 1_000 },
  { row: 'postgres-outage', what: 'is away for 10 s', faults: { isRefusing: true }, resets: true, forMs: OUTAGE_MS },
  {
    row: 'postgres-silent',
    what: 'falls silent for 10 s',
    faults: { isSilent: true },
    resets: false,
    forMs: OUTAGE_MS,
  },
  {
    row: 'postgres-slow',
    what: 'is slow and far away',
    faults: { latencyMs: 40, jitterMs: 60, sliceBytes: 1_000, bytesPerSecond: 2_000_000 },
    resets: false,
    forMs: 5_000,
  },
] as const satisfies readonly {
  row: string;
  what: string;
  faults: NetworkFaults;
  resets: boolean;
  forMs: number;
}[];

describe.each(BACKENDS)('PostgreSQL, with the queues on %s,', (backend) => {
  const journal = createJournal();
  let target: FaultSystem;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it.for(FAULTS)('$what, and nothing is lost, doubled or noticed', async (fault, context) => {
    const { row, faults, resets, forMs } = fault;
    const { databaseProxy, system } = target;
    let healedAt = new Date(0);
    const run = await runUnderLoad(target, async () => {
      databaseProxy.set(faults);
      if (resets) databaseProxy.resetAll();
      // The length of the fault is what is tested; there is nothing to wait for.
      await delay(forMs);
      databaseProxy.set({});
      healedAt = await databaseNow(system.database);
    });
    journal.add(run);
    const violations = await auditSystem(target, journal.calls, { run });
    const { storedS, scoredS } = await resumedAfter(system.database, healedAt);
    // What is merely slow has nothing to recover from.
    const seconds = Math.max(storedS, scoredS);
    const recovery =
      row === 'postgres-slow' ? [] : [{ id: 'recover_after_store_s', value: seconds, op: '<=' as const, bar: 3, n: 1 }];
    const clientErrors = run.calls.filter(({ outcome }) => outcome !== 'ok').length;
    recordFault(context, {
      ...{ row, backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        ...recovery,
        { id: 'outage_client_errors', value: clientErrors, op: '<=', bar: 0, n: run.calls.length },
      ],
    });
    expect(violations).toEqual([]);
  });
});
