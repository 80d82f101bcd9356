import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout } from '#shared/database/rollout-store.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { createRolloutState } from '../../../services/optimizer/rollout/rollout-state.ts';
import { falseRollBacks } from '../../arena/statistics/rollout-figures.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { prepareTwoPolicies } from '../testing/policy-moves.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
/** The configured end of the rollout: without enough harm seen by then it would be given up, and not taken back. */
const PAIRS_MAX = 200;
const CANARY_SHARE = 0.4;
const DECIDED_WITHIN_MS = 240_000;
const LOAD = { agents: 4, pauseMs: 100 };
const NIGHTS = 1_000;
const FALSE_ROLLBACKS_MAX = 0.05;
/** By the poll of gateways. */
const FOLLOWED_MS = 10_000;
const CONFIG = {
  governance: {
    ...{ weights: 'automatic', exploration: 0, exposureMax: 2 * CANARY_SHARE, session: { idle: '1s' } },
    rollout: { canary: CANARY_SHARE, maxSessions: PAIRS_MAX, minSessions: 20, minDuration: '1s', watermark: '1s' },
  },
  optimizer: { controllerInterval: '500ms' },
};
/** One of the models calls tools with arguments that are no JSON. */
const SCENARIO = {
  faults: [
    { kind: 'slow', headersDelayMs: 20 },
    { kind: 'malformed-arguments', when: { model: 'swift-2' } },
  ],
};

describe.each(BACKENDS)('a policy that harms, with the queues on %s,', (backend) => {
  let target: FaultSystem;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED, config: CONFIG, scenario: SCENARIO });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it('is rolled back by itself, and one that is the same as before is not', async (context) => {
    const { database } = target.system;
    const [good, bad] = await prepareTwoPolicies(database);
    await openCanary(target, bad);
    let decidedS = Number.POSITIVE_INFINITY;
    const run = await runUnderLoad(
      target,
      async (calls) => {
        const openedAtMs = performance.now();
        const status = async () => (await database.selectFrom('rollout').select('status').execute())[0]?.status;
        await expect.poll(status, { timeout: DECIDED_WITHIN_MS, interval: 200 }).not.toBe('running');
        decidedS = (performance.now() - openedAtMs) / 1_000;
        await delay(FOLLOWED_MS);
        await untilAnswered(calls, 1);
      },
      LOAD,
    );
    const violations = await auditSystem(target, run.calls, { run });
    const rollout = await database.selectFrom('rollout').select(['status', 'candidate']).executeTakeFirstOrThrow();
    const pairs = await database.selectFrom('rolloutPair').selectAll().execute();
    const pointer = await readPointer(database, 'default');
    const late = await servedLate(target, run.faultToMs);
    const night = falseRollBacks({ runs: NIGHTS, seed: 0, strata: 1 });
    recordFault(context, {
      ...{ row: 'bad-policy', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'pairs_until_rolled_back', value: pairs.length, op: '<=', bar: PAIRS_MAX, n: 1 },
        { id: 'rolled_back_s', value: decidedS, op: '<=', bar: DECIDED_WITHIN_MS / 1_000, n: 1 },
        { id: 'served_after_rollback', value: late, op: '<=', bar: 0, n: run.calls.length },
        { id: 'false_rollback', value: night.value, op: '<=', bar: FALSE_ROLLBACKS_MAX, n: NIGHTS },
      ],
    });
    expect(rollout).toEqual({ status: 'rolled_back', candidate: bad });
    expect(pointer).toMatchObject({ stable: good, canary: null });
    expect(pointer?.revoked).toContain(bad);
    expect(pairs.length).toBeLessThanOrEqual(PAIRS_MAX);
    expect(pairs.length).toBeGreaterThan(0);
    expect(late).toBe(0);
    expect(night.value).toBeLessThanOrEqual(FALSE_ROLLBACKS_MAX);
    expect(violations).toEqual([]);
  });
});

async function openCanary({ system }: FaultSystem, candidate: string): Promise<void> {
  const governance = await readGovernance(system.database, 'default');
  if (governance === null) throw new Error('the project has no governance');
  const settings = rolloutSettingsOf(governance.body);
  await openRollout(system.database, {
    ...{ projectId: 'default', actor: 'human:test', reason: 'published on purpose', candidate },
    ...{ canaryShare: CANARY_SHARE, settings, initialState: createRolloutState(settings) },
  });
}

/** Calls that the bad policy still served when gateways had long had the time to hear of its end. */
async function servedLate({ system, provider }: FaultSystem, sinceMs: number): Promise<number> {
  const since = new Date(Date.now() - (performance.now() - sinceMs));
  const rows = await system.database
    .selectFrom('call')
    .select('responseModel')
    .where('startedAt', '>=', since)
    .where('responseModel', '=', 'swift-2')
    .execute();
  return provider.requests.length === 0 ? Number.POSITIVE_INFINITY : rows.length;
}
