import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createRedisServer, findRedisServer, type RedisServer } from '#shared/testing/redis-server.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createCycleClock } from '../services/optimizer/testing/cycle-fixture.ts';
import { BEFORE_ITS_MOVE, type CyclePlace, isCheckpoint } from './testing/cycle-place.ts';
import { faultsOfKilledRun } from './testing/faults-of-killed-run.ts';
import { type KillDeps, killAndTakeOver, runTogether, runWhole } from './testing/kill-cycle.ts';
import type { LeftByRun } from './testing/left-by-run.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

/** A few places of a run; the suite of faults has them all. */
const OPTIMIZERS = 5;
const TEST_TIMEOUT_MS = 300_000;
const folder = temporaryFolder();
const redis = findRedisServer(process.env);
let store: TestDatabase;
let redisServer: RedisServer | undefined;
let deps: KillDeps;
let whole: { readonly left: LeftByRun; readonly places: readonly CyclePlace[] };

beforeAll(async () => {
  store = await createTestDatabase();
  if (redis.available) {
    redisServer = await createRedisServer(redis.program);
    await redisServer.start();
  }
  deps = {
    owner: createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' })),
    clock: createCycleClock(),
    governance: { weights: 'automatic', prefixes: 'off', weightStepMax: 1 },
    place: { folder: folder.path, databaseUrl: store.connectionString, redisUrl: redisServer?.url },
  };
  whole = await runWhole(deps, 'whole');
}, TEST_TIMEOUT_MS);
afterAll(async () => {
  await deps.owner.destroy();
  await redisServer?.dispose();
  await store.drop();
  folder.remove();
});

/** The first place of an undisturbed run of which all is true. */
function placeAt(step: CyclePlace['step'], side: CyclePlace['side'], isIt: (sql: string) => boolean): CyclePlace {
  const place = whole.places.find((each) => each.step === step && each.side === side && isIt(each.sql));
  if (place === undefined) throw new Error(`a run has no such place in ${step}`);
  return place;
}

const contains = (text: string) => (sql: string) => sql.includes(text);
const isWrittenDown = (sql: string) => isCheckpoint({ sql });

describe('an optimizer that is killed', () => {
  it.each([
    ['when it has the run, and no step of it', 'snapshot', 'before', contains('"progress"')],
    ['when clusters are made anew, in the transaction', 'recluster', 'before', contains('commit')],
    ['before a policy is stored', 'publish', 'before', contains('insert into "policy"')],
    ['after a policy was stored', 'publish', 'after', contains('commit')],
    ['before the pointer moves', 'publish', 'before', contains('update "policy_pointer"')],
    ['after the pointer moved, before that is noted', 'publish', 'before', isWrittenDown],
    ['when all is done', 'end', 'after', contains('"finished_at"')],
  ] as const)(
    '%s, comes to the same policy by the hand of another',
    async (when, step, side, isIt) => {
      const killed = await killAndTakeOver(deps, { project: when, place: placeAt(step, side, isIt) });
      expect(faultsOfKilledRun(whole.left, killed)).toEqual([]);
      expect(killed.left.policies).toHaveLength(2);
    },
    TEST_TIMEOUT_MS,
  );

  it.each(['estimate', 'publish', 'end'] as const)(
    'is refused when its last word arrives after its successor is done: %s',
    async (step) => {
      const place = placeAt(step, 'before', step === 'end' ? contains('"finished_at"') : isWrittenDown);
      const killed = await killAndTakeOver(deps, { project: `late ${step}`, place, isLate: true });
      expect(faultsOfKilledRun(whole.left, killed)).toEqual([]);
      expect(killed.late).toBe('UPDATE 0');
    },
    TEST_TIMEOUT_MS,
  );
});

describe('an optimizer that is killed after it has activated a policy at once', () => {
  it(
    'leaves it active, and told once',
    async () => {
      const fresh: KillDeps = { ...deps, governance: { weights: 'automatic', prefixes: 'off' }, isNew: true };
      const undisturbed = await runWhole(fresh, 'activated whole');
      expect(undisturbed.left.audit).toEqual({ 'policy.activated': 1, 'policy.proposed': 1 });
      const isPlace = ({ step, side, sql }: CyclePlace) =>
        step === 'publish' && side === 'before' && isWrittenDown(sql);
      const place = undisturbed.places.find(isPlace);
      if (place === undefined) throw new Error('the run has no such place');
      const killed = await killAndTakeOver(fresh, { project: 'activated', place });
      expect(faultsOfKilledRun(undisturbed.left, killed)).toEqual([]);
      expect(killed.atKill.epoch).toBe(2);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('an optimizer that sleeps until its lease has ended', () => {
  it(
    'wakes before its move, and neither moves anything nor dies of it',
    async () => {
      const paused = await killAndTakeOver(deps, { project: 'paused', place: BEFORE_ITS_MOVE, isPaused: true });
      expect(faultsOfKilledRun(whole.left, paused)).toEqual([]);
      expect(paused.late).toBe('SELECT 1');
    },
    TEST_TIMEOUT_MS,
  );
});

describe('optimizers that ring at the same moment', () => {
  it(
    'make one run of it, one policy and one rollout',
    async () => {
      const { left, runs } = await runTogether(deps, 'together', OPTIMIZERS);
      expect(runs).toMatchObject([{ status: 'done', attempt: 1, fence: 1 }]);
      expect(left).toEqual(whole.left);
      expect(left.audit).toMatchObject({ 'policy.proposed': 1, 'rollout.opened': 1 });
    },
    TEST_TIMEOUT_MS,
  );
});
