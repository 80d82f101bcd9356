import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { missingCalls } from '../../testing/answered-calls.ts';
import { isInKillWindow } from '../../testing/kill-window.ts';
import { type DiskWatch, watchDisk } from '../../testing/watch-disk.ts';
import { waitUntilReady } from '../../wait-until-ready.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { killService } from '../testing/kill-service.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const KILLS = 50;
/** Killed at a random moment of this time after it got ready. */
const KILL_WITHIN_MS = 1_500;
const READY_MS = 60_000;

describe.each(BACKENDS)('a gateway that is killed again and again, with the queues on %s,', (backend) => {
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

  it('loses at most what it answered in the last moment, and counts it', async (context) => {
    const { system } = target;
    const random = createSeededRandom(SEED).uniform;
    const killedAtMs: number[] = [];
    const backS: number[] = [];
    const run = await runUnderLoad(target, async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await delay(random() * KILL_WITHIN_MS);
        killedAtMs.push(await killService(target, 'gateway'));
        const readiness = await waitUntilReady(system.gatewayUrl, READY_MS, new AbortController().signal);
        if (readiness.type !== 'ready') throw new Error('the gateway did not come back');
        backS.push((performance.now() - (killedAtMs.at(-1) ?? 0)) / 1_000);
      }
    });
    const violations = await auditSystem(target, run.calls, {
      ...{ run, killed: ['gateway'], expected: ['unknown', 'not_taken', 'error'] },
      isInWindow: (call) => isInKillWindow(call, killedAtMs, disk),
    });
    const missing = await missingCalls(system.database, run.calls);
    recordFault(context, {
      ...{ row: 'gateway-killed', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'answered_and_counted_lost', value: missing.length, op: '<=', bar: KILLS, n: run.calls.length },
        { id: 'back_s', value: Math.max(...backS), op: '<=', bar: 15, n: KILLS },
      ],
    });
    expect(violations).toEqual([]);
  });
});
