import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntilSettled } from '../../testing/answered-calls.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { databaseNow, resumedAfter } from '../testing/recovery.ts';
import { flushRedis } from '../testing/redis-control.ts';
import { auditSystem, createJournal, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const backend = 'Redis';
const FROZEN_MS = 30_000;
const CUT_MS = 10_000;
const DOWN_MS = 1_000;
/** The reconciler looks every minute. */
const RECONCILED_WITHIN_MS = 150_000;
/** Longer than a call may be without a score before it is asked for again. */
const AGED = '10 minutes';

const FAULTS = [
  {
    row: 'redis-killed',
    what: 'is killed and starts again from its file',
    async strike({ redis }: FaultSystem) {
      await redis?.server.kill();
      await delay(DOWN_MS);
      await redis?.server.start();
    },
  },
  {
    row: 'redis-frozen',
    what: 'is frozen for 30 s',
    async strike({ redis }: FaultSystem) {
      redis?.server.freeze();
      await delay(FROZEN_MS);
      redis?.server.thaw();
    },
  },
  {
    row: 'redis-cut',
    what: 'is cut off for 10 s',
    async strike({ redis }: FaultSystem) {
      redis?.proxy.set({ isRefusing: true });
      redis?.proxy.resetAll();
      await delay(CUT_MS);
      redis?.proxy.set({});
    },
  },
] as const;

describe.runIf(BACKENDS.includes(backend))('Redis', () => {
  const journal = createJournal();
  let target: FaultSystem;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it.for(FAULTS)('$what, and nothing is lost, doubled or noticed', async ({ row, strike }, context) => {
    let healedAt = new Date(0);
    const run = await runUnderLoad(target, async () => {
      await strike(target);
      healedAt = await databaseNow(target.system.database);
    });
    journal.add(run);
    const violations = await auditSystem(target, journal.calls, { run });
    const { scoredS } = await resumedAfter(target.system.database, healedAt);
    const errors = run.calls.filter(({ outcome }) => outcome !== 'ok').length;
    recordFault(context, {
      ...{ row, backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'recover_after_store_s', value: scoredS, op: '<=', bar: 3, n: 1 },
        { id: 'outage_client_errors', value: errors, op: '<=', bar: 0, n: run.calls.length },
      ],
    });
    expect(violations).toEqual([]);
  });

  it('loses all it holds, and the reconciler asks for every score again', async (context) => {
    const { system, redis } = target;
    const evaluator = system.pidOf('evaluator');
    if (evaluator === undefined || redis === null) throw new Error('the system is not running');
    const run = await runUnderLoad(target, async (calls) => {
      process.kill(evaluator, 'SIGSTOP');
      await untilAnswered(calls, 40);
    });
    journal.add(run);
    await untilStored(target, run.calls.length);
    await flushRedis(redis.server);
    const { rows } = await sql<{ callId: string }>`
      UPDATE call SET stored_at = stored_at - ${AGED}::interval WHERE NOT EXISTS
        (SELECT 1 FROM scoring_run WHERE scoring_run.call_id = call.call_id) RETURNING call_id`.execute(
      system.database,
    );
    process.kill(evaluator, 'SIGCONT');
    const resumedAtMs = performance.now();
    const isSettled = await waitUntilSettled(system.database, journal.calls, RECONCILED_WITHIN_MS);
    const reconciledS = isSettled ? (performance.now() - resumedAtMs) / 1_000 : Number.POSITIVE_INFINITY;
    const violations = await auditSystem(target, journal.calls, { run });
    recordFault(context, {
      ...{ row: 'redis-flushed', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'flushed_jobs', value: rows.length, op: '>=', bar: 20, n: 1 },
        { id: 'reconciled_s', value: reconciledS, op: '<=', bar: 60, n: 1 },
      ],
    });
    expect(violations).toEqual([]);
    expect(rows.length).toBeGreaterThan(0);
  });
});

/** The jobs of all calls are in the queue. */
async function untilStored({ system }: FaultSystem, calls: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await sql<{ pending: number }>`
          SELECT coalesce(sum(spool_pending), 0)::int AS pending FROM gateway_status`.execute(system.database);
        const stored = await system.database.selectFrom('call').select('callId').execute();
        return rows[0]?.pending === 0 && stored.length >= calls;
      },
      { timeout: 30_000, interval: 100 },
    )
    .toBe(true);
}
