import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createFaultProxy } from '#shared/testing/fault-proxy.ts';
import { recordFault } from '../testing/fault-result.ts';
import { epochNow, type MoveOutcome, tryMove } from '../testing/policy-moves.ts';
import { openPolicySystem, type PolicySystem } from '../testing/policy-system.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const WRITERS = 5;
const MOVES_OF_EACH = 30;
const PAUSE_MAX_MS = 30;
const CUT_MOVES = 60;
/** A move over a line this slow takes about so long. */
const CUT_WITHIN_MS = 400;

describe('writers of policies', () => {
  let system: PolicySystem;

  beforeAll(async () => {
    system = await openPolicySystem(SEED);
  });
  afterAll(async () => {
    await system?.stop();
  });

  it('have one line of epochs, however many write, and a writer that slept is refused', (context) =>
    raceWriters(system, context));
  it('are moved whole or not at all when the writer is cut off at any moment', (context) => cutWriter(system, context));
});

async function raceWriters(policySystem: PolicySystem, context: TestContext): Promise<void> {
  const { target, policyOf, random, audited } = policySystem;
  const { database } = target.system;
  const start = await epochNow(database);
  const outcomes: MoveOutcome[] = [];
  const writer = async (actor: string, pauseMs: number) => {
    for (let move = 0; move < MOVES_OF_EACH; move += 1) {
      const expectedEpoch = await epochNow(database);
      // The one that sleeps between its look and its move is the optimizer whose lease has ended.
      await delay(pauseMs * random());
      outcomes.push(await tryMove(database, { policyId: policyOf(move), expectedEpoch, actor }));
    }
  };
  await Promise.all(
    Array.from({ length: WRITERS }, (_, index) =>
      writer(`optimizer:${index}`, index === 0 ? 20 * PAUSE_MAX_MS : PAUSE_MAX_MS),
    ),
  );
  const moved = outcomes.flatMap((outcome) => (outcome.type === 'moved' ? [outcome.epoch] : []));
  const violations = await audited();
  const refused = outcomes.filter(({ type }) => type === 'refused').length;
  recordFault(context, {
    ...{ row: 'optimizers-five', backend: 'any', seed: SEED },
    figures: [
      { id: 'moves_refused', value: refused, op: '>=', bar: 1, n: outcomes.length },
      { id: 'epochs_shared', value: moved.length - new Set(moved).size, op: '<=', bar: 0, n: moved.length },
    ],
  });
  expect(violations).toEqual([]);
  expect(new Set(moved).size).toBe(moved.length);
  expect(await epochNow(database)).toBe(start + moved.length);
  expect(moved.length + refused).toBe(outcomes.length);
}

async function cutWriter(policySystem: PolicySystem, context: TestContext): Promise<void> {
  const { target, policyOf, random, audited } = policySystem;
  const { database, environment } = target.system;
  const url = new URL(environment['DATABASE_URL'] ?? '');
  const proxy = await createFaultProxy({ port: Number(url.port) }, { random });
  url.port = String(proxy.port);
  const outcomes: MoveOutcome[] = [];
  for (let move = 0; move < CUT_MOVES; move += 1) {
    const cut = createDatabase(createPool({ connectionString: url.href, role: 'owner', poolMax: 1 }));
    proxy.set({ latencyMs: 2 });
    const expectedEpoch = await epochNow(database);
    const moving = tryMove(cut, { policyId: policyOf(move), expectedEpoch, actor: 'optimizer:cut' });
    await delay(random() * CUT_WITHIN_MS);
    proxy.resetAll();
    outcomes.push(await moving);
    await cut.destroy();
    expect((await epochNow(database)) - expectedEpoch).toBeLessThanOrEqual(1);
  }
  await proxy.close();
  const violations = await audited();
  const broken = outcomes.filter(({ type }) => type === 'unknown').length;
  recordFault(context, {
    ...{ row: 'optimizer-cut', backend: 'any', seed: SEED },
    figures: [{ id: 'moves_cut', value: broken, op: '>=', bar: 1, n: outcomes.length }],
  });
  expect(violations).toEqual([]);
  expect(broken).toBeGreaterThan(0);
}
