import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntilReady } from '../../wait-until-ready.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { killService } from '../testing/kill-service.ts';
import { epochNow, prepareTwoPolicies, tryMove } from '../testing/policy-moves.ts';
import { watchPolicies } from '../testing/policy-watch.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const READY_MS = 60_000;
const RUN_WITHIN_MS = 60_000;
const CALLS_AT_EACH = 20;
const LOAD = { agents: 1, pauseMs: 300 };
const PRELOAD = fileURLToPath(new URL('../testing/skew-clock-child.ts', import.meta.url));

/** Hours by which each service's clock is wrong; from one line to the next clocks are set under running processes. */
const SKEWS = [
  { gateway: 1, evaluator: -1, optimizer: 1 },
  { gateway: -1, evaluator: 1, optimizer: -1 },
  { gateway: -1, evaluator: 0, optimizer: 1 },
  { gateway: 0, evaluator: 0, optimizer: 0 },
] as const;

describe.each(BACKENDS)('clocks that are wrong, with the queues on %s,', (backend) => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-clock-'));
  const clockFile = join(folder, 'clock.json');
  /** Half an hour from now: for one service it is long over, for another one it is to come. */
  const night = new Date(Math.ceil((Date.now() + 30 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS);
  let target: FaultSystem;

  const setClocks = (hours: Readonly<Record<string, number>>) => {
    const skews = Object.entries(hours).map(([service, hour]) => [service, hour * HOUR_MS]);
    writeFileSync(clockFile, JSON.stringify(Object.fromEntries(skews)));
  };

  beforeAll(async () => {
    setClocks(SKEWS[0]);
    target = await startFaultSystem({
      ...{ backend, seed: SEED },
      variables: { NODE_OPTIONS: `--import=${PRELOAD}`, CLOCK_FILE: clockFile },
      config: { optimizer: { nightly: `${night.getUTCMinutes()} ${night.getUTCHours()} * * *` } },
    });
  });
  afterAll(async () => {
    await target?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('order nothing, repeat nothing and lose nothing', async (context) => {
    const { system } = target;
    const policies = await prepareTwoPolicies(system.database);
    const watch = watchPolicies(system.gatewayUrl);
    const nightlyRuns = () =>
      system.database
        .selectFrom('optimizerRun')
        .select(['logicalTime', 'status'])
        .where('job', '=', 'nightly')
        .execute();
    const run = await runUnderLoad(
      target,
      async (calls) => {
        for (const [turn, hours] of SKEWS.entries()) {
          setClocks(hours);
          const policyId = policies[(turn + 1) % 2] ?? '';
          await tryMove(system.database, {
            policyId,
            expectedEpoch: await epochNow(system.database),
            actor: 'human:test',
          });
          // It rings when it starts, as it does at its hour.
          await killService(target, 'optimizer');
          const readiness = await waitUntilReady(system.controlUrl, READY_MS, new AbortController().signal);
          expect(readiness).toEqual({ type: 'ready' });
          await untilAnswered(calls, CALLS_AT_EACH);
        }
        const open = async () => (await nightlyRuns()).filter(({ status }) => status !== 'done').length;
        await expect.poll(open, { timeout: RUN_WITHIN_MS, interval: 200 }).toBe(0);
      },
      LOAD,
    );
    await watch.stop();
    const violations = await auditSystem(target, run.calls, { run, killed: ['optimizer'], samples: watch.samples });
    const runs = await nightlyRuns();
    const nights = new Set(runs.map(({ logicalTime }) => logicalTime.getTime()));
    const ofTonight = runs.filter(({ logicalTime }) => logicalTime.getTime() === night.getTime()).length;
    recordFault(context, {
      ...{ row: 'clock', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'runs_of_one_night', value: ofTonight, op: '<=', bar: 1, n: SKEWS.length + 1 },
        { id: 'nights_run_twice', value: runs.length - nights.size, op: '<=', bar: 0, n: runs.length },
        {
          id: 'client_errors',
          value: run.calls.filter(({ outcome }) => outcome !== 'ok').length,
          op: '<=',
          bar: 0,
          n: run.calls.length,
        },
      ],
    });
    expect(ofTonight).toBe(1);
    expect([...nights].every((atMs) => (night.getTime() - atMs) % DAY_MS === 0)).toBe(true);
    expect(nights.size).toBe(runs.length);
    expect(violations).toEqual([]);
  });
});
