import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientCall, startLoad } from '../../testing/load.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { pendingRecords } from '../testing/pending-records.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const NORMAL = { agents: 1, pauseMs: 400 };
const TIMES = 10;
const BURST_MS = 60_000;
const QUIET_MS = 10_000;
const DRAINED_WITHIN_S = 300;
/** Scoring may take its time: nobody waits for it. */
const SCORED_WITHIN_MS = 600_000;
const SAMPLE_MS = 500;
/** On top of what the process has before the burst: its heap may grow to 256 MB before it is searched all over. */
const GREW_MB_MAX = 400;
const PRELOAD = fileURLToPath(new URL('../testing/watch-loop-child.ts', import.meta.url));

describe.each(BACKENDS)('ten times the calls, with the queues on %s,', (backend) => {
  let target: FaultSystem;
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-burst-'));
  const loopFile = join(folder, 'loop.json');

  beforeAll(async () => {
    const variables = { NODE_OPTIONS: `--import=${PRELOAD}`, LOOP_DELAY_FILE: loopFile };
    target = await startFaultSystem({ backend, seed: SEED, variables });
  });
  afterAll(async () => {
    await target?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are served like any others, and are worked off', async (context) => {
    const { system, apiKey } = target;
    const burst: ClientCall[] = [];
    let normalCalls = 0;
    let grewMb = 0;
    let drainedS = Number.POSITIVE_INFINITY;
    let loop = { p99Ms: Number.POSITIVE_INFINITY, count: 0 };
    const run = await runUnderLoad(
      target,
      async (calls) => {
        const before = calls.length;
        await delay(QUIET_MS);
        normalCalls = calls.length - before;
        const rssBefore = target.rssMb('gateway');
        process.kill(system.pidOf('gateway') ?? 0, 'SIGUSR2');
        const agents = NORMAL.agents * (TIMES - 1);
        const load = startLoad({ baseUrl: system.gatewayUrl, seed: SEED + 1, apiKey, pauseMs: NORMAL.pauseMs, agents });
        for (let atMs = 0; atMs < BURST_MS; atMs += SAMPLE_MS) {
          await delay(SAMPLE_MS);
          grewMb = Math.max(grewMb, target.rssMb('gateway') - rssBefore);
        }
        loop = JSON.parse(readFileSync(loopFile, 'utf8')) as typeof loop;
        await load.stop();
        burst.push(...load.calls);
        drainedS = await drainedAfterS(target);
      },
      NORMAL,
    );
    const calls = [...run.calls, ...burst];
    const violations = await auditSystem(target, calls, { run, settledWithinMs: SCORED_WITHIN_MS });
    const times = burst.length / (BURST_MS / 1_000) / (normalCalls / (QUIET_MS / 1_000)) + 1;
    recordFault(context, {
      ...{ row: 'burst', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, calls.length),
        {
          id: 'client_errors',
          value: calls.filter(({ outcome }) => outcome !== 'ok').length,
          op: '<=',
          bar: 0,
          n: calls.length,
        },
        { id: 'times_the_calls', value: times, op: '>=', bar: TIMES / 2, n: burst.length },
        { id: 'loop_delay_p99_ms', value: loop.p99Ms, op: '<=', bar: 50, n: loop.count },
        { id: 'rss_growth_mb', value: Math.round(grewMb), op: '<=', bar: GREW_MB_MAX, n: BURST_MS / SAMPLE_MS },
        { id: 'drained_s', value: drainedS, op: '<=', bar: DRAINED_WITHIN_S, n: 1 },
      ],
    });
    expect(drainedS).toBeLessThanOrEqual(DRAINED_WITHIN_S);
    expect(grewMb).toBeLessThanOrEqual(GREW_MB_MAX);
    expect(violations).toEqual([]);
  });
});

/** Until what the spool holds is in the tables; seconds. */
async function drainedAfterS({ system }: FaultSystem): Promise<number> {
  const fromMs = performance.now();
  const pending = () => pendingRecords(system.gatewayUrl);
  // The load that is always there leaves a few at any moment.
  await expect.poll(pending, { timeout: DRAINED_WITHIN_S * 1_000, interval: 100 }).toBeLessThan(NORMAL.agents * 2 + 1);
  return (performance.now() - fromMs) / 1_000;
}
