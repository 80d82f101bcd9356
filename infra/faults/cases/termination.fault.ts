import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntilReady } from '../../wait-until-ready.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const SERVICES = ['evaluator', 'gateway', 'optimizer'] as const;
const READY_MS = 60_000;
const BETWEEN_MS = 1_000;
/** After which a service ends itself the hard way. */
const GRACE_S = 20;

describe.each(BACKENDS)('SIGTERM under load, with the queues on %s,', (backend) => {
  let target: FaultSystem;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it('lets every call that was taken end, and every job', async (context) => {
    const { system } = target;
    const endedS: number[] = [];
    const run = await runUnderLoad(target, async (calls) => {
      for (const service of SERVICES) {
        endedS.push(await terminate(target, service));
        await delay(BETWEEN_MS);
        await untilAnswered(calls, 5);
      }
    });
    const violations = await auditSystem(target, run.calls, {
      run,
      killed: SERVICES,
      expected: ['not_taken', 'error'],
    });
    // Also what is refused on a connection that was open: its client sees an error where another gateway would answer.
    const cut = run.calls.filter(({ outcome }) => outcome === 'unknown' || outcome === 'error').length;
    recordFault(context, {
      ...{ row: 'termination', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'calls_cut', value: cut, op: '<=', bar: 0, n: run.calls.length },
        { id: 'exit_s', value: Math.max(...endedS), op: '<=', bar: GRACE_S, n: endedS.length },
      ],
    });
    expect(violations).toEqual([]);
    expect(await waitUntilReady(system.gatewayUrl, READY_MS, new AbortController().signal)).toEqual({ type: 'ready' });
  });
});

/** Seconds until the process was gone; another one takes its place. */
async function terminate({ system }: FaultSystem, service: (typeof SERVICES)[number]): Promise<number> {
  const pid = system.pidOf(service);
  if (pid === undefined) throw new Error(`${service} is not running`);
  const atMs = performance.now();
  process.kill(pid, 'SIGTERM');
  await expect.poll(() => system.pidOf(service), { timeout: READY_MS, interval: 5 }).not.toBe(pid);
  const endedS = (performance.now() - atMs) / 1_000;
  await expect.poll(() => system.pidOf(service), { timeout: READY_MS, interval: 5 }).toBeDefined();
  return endedS;
}
