import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createRedisServer, findRedisServer, type RedisServer } from '#shared/testing/redis-server.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createCycleClock } from '../../../services/optimizer/testing/cycle-fixture.ts';
import { BEFORE_ITS_MOVE, type CyclePlace, isCheckpoint, nameOf } from '../../testing/cycle-place.ts';
import { faultsOfKilledRun } from '../../testing/faults-of-killed-run.ts';
import { type KillDeps, type KilledRun, killAndTakeOver, runTogether, runWhole } from '../../testing/kill-cycle.ts';
import type { LeftByRun } from '../../testing/left-by-run.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { recordFault } from '../testing/fault-result.ts';

const OPTIMIZERS = 5;
const TOGETHER = 5;
/** The lease of a minute, and two starts of a process. */
const TAKEN_OVER_S_MAX = 120;
/** Kills go on side by side, each with a project and processes of its own. */
const AT_ONCE = 2;
const redis = findRedisServer(process.env);

/** What a night comes to: a change that a canary has to judge, and one that is served at once. */
const NIGHTS = {
  canary: { governance: { weights: 'automatic', prefixes: 'off', weightStepMax: 1 }, isNew: false },
  activation: { governance: { weights: 'automatic', prefixes: 'off' }, isNew: true },
} as const;

describe('optimizers as processes', () => {
  const folder = temporaryFolder();
  let store: TestDatabase;
  let redisServer: RedisServer | undefined;
  let deps: Omit<KillDeps, 'governance'>;

  beforeAll(async () => {
    store = await createTestDatabase();
    if (redis.available) {
      redisServer = await createRedisServer(redis.program);
      await redisServer.start();
    }
    deps = {
      owner: createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' })),
      clock: createCycleClock(),
      place: { folder: folder.path, databaseUrl: store.connectionString, redisUrl: redisServer?.url },
    };
  });
  afterAll(async () => {
    await deps.owner.destroy();
    await redisServer?.dispose();
    await store.drop();
    folder.remove();
  });

  it.for(Object.keys(NIGHTS) as (keyof typeof NIGHTS)[])(
    'come to the same policy, killed before and after every statement of a run that writes: %s',
    (night, context) => killEverywhere({ ...deps, ...NIGHTS[night] }, night, context),
  );
  it('are refused what arrives after their death, and wait for a lease to run out', (context) =>
    arriveLate({ ...deps, ...NIGHTS.canary }, context));
  it('are waited for no longer than a lease when they vanish in the middle of a move, their connection open', (context) =>
    vanish({ ...deps, ...NIGHTS.canary }, context));
  it('do nothing more when they sleep until another one has taken over', (context) =>
    sleep({ ...deps, ...NIGHTS.canary }, context));
  it('make one run of the night when all ring at the same moment', (context) =>
    ringTogether({ ...deps, ...NIGHTS.canary }, context));
});

interface Verdict {
  /** Null where the run came to no end. */
  readonly killed: KilledRun | null;
  readonly faults: readonly string[];
}

async function verdictOf(
  deps: KillDeps,
  whole: LeftByRun,
  options: Parameters<typeof killAndTakeOver>[1],
): Promise<Verdict> {
  const name = nameOf(options.place);
  try {
    const killed = await killAndTakeOver(deps, options);
    return { killed, faults: faultsOfKilledRun(whole, killed).map((fault) => `${name}: ${fault}`) };
  } catch (error) {
    return { killed: null, faults: [`${name}: ${error}`] };
  }
}

async function killEverywhere(deps: KillDeps, night: string, context: TestContext): Promise<void> {
  const whole = await runWhole(deps, `${night} whole`);
  expect(Object.keys(whole.left.audit)).toHaveLength(2);
  const todo = whole.places.map((place, index) => ({ place, project: `${night} ${index}` }));
  const verdicts: Verdict[] = [];
  const worker = async () => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      verdicts.push(await verdictOf(deps, whole.left, next));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const faults = verdicts.flatMap((verdict) => verdict.faults);
  const others = verdicts.filter(({ killed }) => killed?.left.policies.join() !== whole.left.policies.join());
  const doubled = verdicts.filter(({ killed }) => Object.values(killed?.left.audit ?? {}).some((count) => count > 1));
  const n = verdicts.length;
  recordFault(context, {
    ...{ row: 'optimizer-killed', backend: 'any', seed: null },
    figures: [
      { id: `places_killed_${night}`, value: n, op: '>=', bar: 40, n },
      { id: `other_policy_${night}`, value: others.length, op: '<=', bar: 0, n },
      { id: `told_twice_${night}`, value: doubled.length, op: '<=', bar: 0, n },
      { id: `broken_${night}`, value: faults.length, op: '<=', bar: 0, n },
    ],
  });
  expect(faults).toEqual([]);
}

/** What stands in no transaction: with one that is open, its connection and all of it end. */
function standsAlone({ step, sql, side }: CyclePlace): boolean {
  return step !== 'claim' && side === 'before' && sql.startsWith('update "optimizer_run"');
}

async function arriveLate(deps: KillDeps, context: TestContext): Promise<void> {
  const whole = await runWhole(deps, 'late whole');
  const places = whole.places.filter(standsAlone);
  const [waited] = places.filter(({ step, sql }) => step === 'publish' && isCheckpoint({ sql }));
  const verdicts: Verdict[] = [];
  for (const [index, place] of places.entries()) {
    const lease = place === waited ? 'waited' : 'ended';
    verdicts.push(await verdictOf(deps, whole.left, { project: `late ${index}`, place, lease, isLate: true }));
  }
  const lates = verdicts.map(({ killed }) => killed?.late);
  const written = lates.filter((late) => late !== 'UPDATE 0').length;
  recordFault(context, {
    ...{ row: 'optimizer-killed', backend: 'any', seed: null },
    figures: [{ id: 'late_writes', value: written, op: '<=', bar: 0, n: lates.length }],
  });
  expect(verdicts.flatMap(({ faults }) => faults)).toEqual([]);
  expect(lates.length).toBeGreaterThan(10);
}

async function vanish(deps: KillDeps, context: TestContext): Promise<void> {
  const whole = await runWhole(deps, 'vanished whole');
  const isMove = ({ side, sql }: CyclePlace) => side === 'before' && sql.startsWith('update "policy_pointer"');
  const place = whole.places.find(isMove);
  if (place === undefined) throw new Error('the run moves no pointer');
  const startedAtMs = performance.now();
  const options = { project: 'vanished', place, lease: 'waited', isLate: true } as const;
  const { killed, faults } = await verdictOf(deps, whole.left, options);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  recordFault(context, {
    ...{ row: 'optimizer-killed', backend: 'any', seed: null },
    figures: [{ id: 'taken_over_s', value: seconds, op: '<=', bar: TAKEN_OVER_S_MAX, n: 1 }],
  });
  expect(faults).toEqual([]);
  expect(killed?.late).toBe('CUT');
}

async function sleep(deps: KillDeps, context: TestContext): Promise<void> {
  const whole = await runWhole(deps, 'slept whole');
  const places = [...whole.places.filter(standsAlone), BEFORE_ITS_MOVE];
  const verdicts: Verdict[] = [];
  for (const [index, place] of places.entries()) {
    verdicts.push(await verdictOf(deps, whole.left, { project: `slept ${index}`, place, isPaused: true }));
  }
  const faults = verdicts.flatMap((verdict) => verdict.faults);
  recordFault(context, {
    ...{ row: 'optimizer-asleep', backend: 'any', seed: null },
    figures: [{ id: 'broken_after_sleep', value: faults.length, op: '<=', bar: 0, n: verdicts.length }],
  });
  expect(faults).toEqual([]);
  expect(verdicts.length).toBeGreaterThan(10);
}

async function ringTogether(deps: KillDeps, context: TestContext): Promise<void> {
  const whole = await runWhole(deps, 'together whole');
  let [runs, twice] = [0, 0];
  for (let night = 0; night < TOGETHER; night += 1) {
    const together = await runTogether(deps, `together ${night}`, OPTIMIZERS);
    runs += together.runs.length;
    twice += together.runs.filter(({ attempt, fence }) => attempt !== 1 || fence !== 1).length;
    expect(together.left).toEqual(whole.left);
  }
  recordFault(context, {
    ...{ row: 'optimizers-together', backend: 'any', seed: null },
    figures: [
      { id: 'runs_per_night', value: runs / TOGETHER, op: '<=', bar: 1, n: TOGETHER },
      { id: 'taken_twice', value: twice, op: '<=', bar: 0, n: runs },
    ],
  });
  expect(runs).toBe(TOGETHER);
  expect(twice).toBe(0);
}
