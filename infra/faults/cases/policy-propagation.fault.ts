import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { rollBack } from '#shared/database/pointer-store.ts';
import { type PublishedEpoch, stalenessOf } from '../testing/audit/audit-staleness.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { epochNow, tryMove } from '../testing/policy-moves.ts';
import { openPolicySystem, type PolicySystem, untilApplied } from '../testing/policy-system.ts';
import { runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const PARTITION_MS = 60_000;
/** What gathers in a minute has to be scored afterwards, on a machine that does other things. */
const PARTITION_LOAD = { agents: 3, pauseMs: 400 };
const NOTIFIED_MOVES = 60;
const UNHEARD_MOVES = 6;
const MOVE_PAUSE_MS = 250;

describe('policies on their way to a gateway', () => {
  let system: PolicySystem;

  beforeAll(async () => {
    system = await openPolicySystem(SEED);
  });
  afterAll(async () => {
    await system?.stop();
  });

  it('reach a connected gateway by notification, and without one by its poll', (context) =>
    publishToConnected(system, context));
  it('are rolled back behind a partition, and the gateway comes after when it heals, never back to the bad one', (context) =>
    rollBackBehindPartition(system, context));
});

async function publishToConnected(policySystem: PolicySystem, context: TestContext): Promise<void> {
  const { target, watch, policyOf, audited } = policySystem;
  const { database } = target.system;
  const published: PublishedEpoch[] = [];
  const publish = async (index: number) => {
    const expectedEpoch = await epochNow(database);
    const outcome = await tryMove(database, { policyId: policyOf(index), expectedEpoch, actor: 'human:test' });
    if (outcome.type === 'moved') published.push({ epoch: outcome.epoch, atMs: performance.now() });
  };
  for (let move = 0; move < NOTIFIED_MOVES; move += 1) {
    await publish(move);
    await delay(MOVE_PAUSE_MS);
  }
  const notified = published.length;
  await untilApplied(target, watch);
  for (let move = 0; move < UNHEARD_MOVES; move += 1) {
    // Whoever listens is cut off, and what is published meanwhile is never told.
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'trimtab-policy-listener' AND datname = current_database()`.execute(database);
    await publish(move);
    await untilApplied(target, watch);
  }
  const violations = await audited(published);
  const late = stalenessOf(published, watch.samples).map(({ lateMs }) => lateMs / 1_000);
  const byNotification = late.slice(0, notified).sort((left, right) => left - right);
  recordFault(context, {
    ...{ row: 'policy-staleness', backend: 'any', seed: SEED },
    figures: [
      {
        id: 'policy_staleness_p99_s',
        value: byNotification[Math.ceil(0.99 * notified) - 1] ?? Number.POSITIVE_INFINITY,
        op: '<=',
        bar: 2,
        n: notified,
      },
      { id: 'policy_staleness_max_s', value: Math.max(...late), op: '<=', bar: 10, n: late.length },
    ],
  });
  expect(violations).toEqual([]);
}

async function rollBackBehindPartition(policySystem: PolicySystem, context: TestContext): Promise<void> {
  const { target, watch, policies, journal, audited } = policySystem;
  const { databaseProxy } = target;
  const { database } = target.system;
  const bad = await tryMove(database, {
    policyId: policies[1],
    expectedEpoch: await epochNow(database),
    actor: 'human:test',
  });
  expect(bad.type).toBe('moved');
  await untilApplied(target, watch);
  const published: PublishedEpoch[] = [];
  const run = await runUnderLoad(
    target,
    async (calls) => {
      databaseProxy.set({ isSilent: true });
      const { epoch } = await rollBack(database, { projectId: 'default', actor: 'human:test', reason: 'it is bad' });
      const atMs = performance.now();
      await delay(PARTITION_MS);
      await untilAnswered(calls, 1);
      databaseProxy.resetAll();
      databaseProxy.set({});
      published.push({ epoch, atMs, reachableAtMs: performance.now() });
      await untilApplied(target, watch);
    },
    PARTITION_LOAD,
  );
  journal.add(run);
  const violations = await audited(published, run);
  const [late] = stalenessOf(published, watch.samples);
  const healedAtMs = published[0]?.reachableAtMs ?? 0;
  const during = run.calls.filter(({ endedAtMs }) => endedAtMs >= run.faultFromMs && endedAtMs <= healedAtMs);
  recordFault(context, {
    ...{ row: 'rollback-partitioned', backend: 'any', seed: SEED },
    figures: [
      ...lossFigures(violations, run.calls.length),
      {
        id: 'converged_after_heal_s',
        value: (late?.lateMs ?? Number.POSITIVE_INFINITY) / 1_000,
        op: '<=',
        bar: 10,
        n: 1,
      },
      {
        id: 'served_while_partitioned',
        value: during.filter(({ outcome }) => outcome === 'ok').length,
        op: '>=',
        bar: 1,
        n: during.length,
      },
    ],
  });
  expect(violations).toEqual([]);
}
