import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInKillWindow } from '../../testing/kill-window.ts';
import { type DiskWatch, watchDisk } from '../../testing/watch-disk.ts';
import { waitUntilReady } from '../../wait-until-ready.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';
import { setStores } from '../testing/set-stores.ts';

const SEED = seedOfRun();
const SERVICES = ['gateway', 'evaluator', 'optimizer'] as const;
const READY_MS = 60_000;
/** The stores stay away this long after the gateway serves without them. */
const STILL_AWAY_MS = 5_000;

describe.each(BACKENDS)('services that start without their stores, with the queues on %s,', (backend) => {
  let target: FaultSystem;
  let disk: DiskWatch;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
    disk = await watchDisk(target.system.dataDir);
  });
  afterAll(async () => {
    await disk?.stop();
    await target?.stop();
  });

  it('serve calls at once, and are whole soon after the stores are', async (context) => {
    const { system } = target;
    let killedAtMs = 0;
    let servedS = 0;
    const readyS: number[] = [];
    const run = await runUnderLoad(target, async () => {
      setStores(target, false);
      killedAtMs = await killAll(target);
      await untilReady(system.gatewayUrl);
      servedS = (performance.now() - killedAtMs) / 1_000;
      await delay(STILL_AWAY_MS);
      setStores(target, true);
      const healedAtMs = performance.now();
      const addresses = [system.gatewayUrl, system.evaluatorUrl, system.controlUrl];
      await Promise.all(
        addresses.map(async (address) => {
          await untilReady(address);
          readyS.push((performance.now() - healedAtMs) / 1_000);
        }),
      );
    });
    const violations = await auditSystem(target, run.calls, {
      isInWindow: (call) => isInKillWindow(call, [killedAtMs], disk),
      expected: ['unknown', 'not_taken'],
    });
    recordFault(context, {
      ...{ row: 'started-late', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'start_before_store_s', value: Math.max(...readyS), op: '<=', bar: 5, n: readyS.length },
        { id: 'serve_without_stores_s', value: servedS, op: '<=', bar: 15, n: 1 },
      ],
    });
    expect(violations).toEqual([]);
  });
});

async function killAll({ system }: FaultSystem): Promise<number> {
  const pids = SERVICES.map((service) => system.pidOf(service));
  const killedAtMs = performance.now();
  for (const pid of pids) if (pid !== undefined) process.kill(pid, 'SIGKILL');
  const isEveryoneNew = () =>
    SERVICES.every((service, index) => ![undefined, pids[index]].includes(system.pidOf(service)));
  await expect.poll(isEveryoneNew, { timeout: READY_MS, interval: 10 }).toBe(true);
  return killedAtMs;
}

async function untilReady(address: string): Promise<void> {
  const readiness = await waitUntilReady(address, READY_MS, new AbortController().signal);
  if (readiness.type !== 'ready') throw new Error(`${address} did not get ready: ${JSON.stringify(readiness)}`);
}
