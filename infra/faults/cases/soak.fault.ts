import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { isInKillWindow } from '../../testing/kill-window.ts';
import { type DiskWatch, watchDisk } from '../../testing/watch-disk.ts';
import { DRAWN_FAULTS } from '../testing/drawn-faults.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { prepareTwoPolicies } from '../testing/policy-moves.ts';
import { type PolicyWatch, watchPolicies } from '../testing/policy-watch.ts';
import { type ProcessUse, processUses, worstDrift } from '../testing/process-use.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const MS_PER_MINUTE = 60_000;
/** On each backend; `SOAK_MINUTES=1440` is the day. */
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 3);
/** From this length on a slope is more than warming up. */
const SLOPE_MINUTES = 60;
const SLOPE_MB_PER_HOUR_MAX = 10;
const GREW_MB_MAX = 200;
const HANDLES_GREW_MAX = 20;
/** Processes are killed in this part of the time, and watched in the rest. */
const KILLING_SHARE = 1 / 3;
const FAULT_MS_MIN = 500;
const FAULT_MS_MAX = 6_000;
const BETWEEN_MS = 1_500;
/** For what follows the last fault. */
const OVERTIME_MS = 600_000;
const LOAD = { agents: 2, pauseMs: 400 };

interface Soak {
  readonly uses: ProcessUse[];
  readonly killedAtMs: number[];
  readonly struck: string[];
}

describe.each(BACKENDS)(`${MINUTES} minutes of faults, with the queues on %s,`, (backend) => {
  let target: FaultSystem;
  let disk: DiskWatch;
  let watch: PolicyWatch;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
    disk = await watchDisk(target.system.dataDir);
    watch = watchPolicies(target.system.gatewayUrl);
  });
  afterAll(async () => {
    await watch?.stop();
    await disk?.stop();
    await target?.stop();
  });

  it(
    'break no invariant, and leave memory and handles as they were',
    {
      timeout: MINUTES * MS_PER_MINUTE + OVERTIME_MS,
    },
    (context) => soak({ target, disk, watch }, context),
  );
});

interface SoakSystem {
  readonly target: FaultSystem;
  readonly disk: DiskWatch;
  readonly watch: PolicyWatch;
}

async function soak({ target, disk, watch }: SoakSystem, context: TestContext): Promise<void> {
  const state: Soak = { uses: [], killedAtMs: [], struck: [] };
  const policies = await prepareTwoPolicies(target.system.database);
  const run = await runUnderLoad(target, (calls) => strikeAgain(target, policies, state, calls), LOAD);
  const { killedAtMs, struck, uses } = state;
  const violations = await auditSystem(target, run.calls, {
    ...{ run, killed: ['gateway', 'evaluator', 'optimizer'], samples: watch.samples },
    expected: killedAtMs.length === 0 ? [] : ['unknown', 'not_taken', 'error'],
    isInWindow: (call) => isInKillWindow(call, killedAtMs, disk),
  });
  const [memory, handles] = [worstDrift(uses, ({ rssMb }) => rssMb), worstDrift(uses, (use) => use.handles)];
  const isLong = MINUTES >= SLOPE_MINUTES;
  recordFault(context, {
    ...{ row: 'soak', backend: target.backend, seed: SEED },
    figures: [
      ...lossFigures(violations, run.calls.length),
      { id: 'minutes', value: MINUTES, op: '>=', bar: 1, n: 1 },
      { id: 'faults', value: struck.length, op: '>=', bar: MINUTES, n: new Set(struck).size },
      isLong
        ? { id: 'rss_mb_per_hour', value: memory.perHour, op: '<=', bar: SLOPE_MB_PER_HOUR_MAX, n: uses.length }
        : { id: 'rss_growth_mb', value: memory.growth, op: '<=', bar: GREW_MB_MAX, n: uses.length },
      { id: 'handles_growth', value: handles.growth, op: '<=', bar: HANDLES_GREW_MAX, n: uses.length },
    ],
  });
  expect(isLong ? memory.perHour : memory.growth).toBeLessThanOrEqual(isLong ? SLOPE_MB_PER_HOUR_MAX : GREW_MB_MAX);
  expect(handles.growth).toBeLessThanOrEqual(HANDLES_GREW_MAX);
  expect(violations).toEqual([]);
}

/** One fault after the other, as the seed draws them, until the time is over. */
async function strikeAgain(
  target: FaultSystem,
  policies: readonly [string, string],
  { uses, killedAtMs, struck }: Soak,
  calls: Parameters<typeof untilAnswered>[0],
): Promise<void> {
  const random = createSeededRandom(SEED).uniform;
  const beganAtMs = performance.now();
  const share = () => (performance.now() - beganAtMs) / (MINUTES * MS_PER_MINUTE);
  while (share() < 1) {
    const isKilling = share() < KILLING_SHARE;
    const faults = DRAWN_FAULTS.filter(({ name, kills }) => isPossible(target, name) && (isKilling || !kills));
    const fault = faults[Math.floor(random() * faults.length)];
    const forMs = FAULT_MS_MIN + random() * (FAULT_MS_MAX - FAULT_MS_MIN);
    await fault?.strike(target, { forMs, policies, onGatewayKilled: (atMs) => void killedAtMs.push(atMs) });
    struck.push(fault?.name ?? '');
    await untilAnswered(calls, 5);
    await delay(BETWEEN_MS);
    if (!isKilling) uses.push(...processUses(target));
    // The provider remembers every request, and a day of them is more than a machine holds.
    (target.provider.requests as unknown[]).length = 0;
  }
}

function isPossible({ redis }: FaultSystem, name: string): boolean {
  return redis !== null || !name.startsWith('Redis');
}
