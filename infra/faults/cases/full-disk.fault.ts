import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const backend = 'PostgreSQL';
const DISK_BYTES = 8 * 1_024 * 1_024;
const CALLS_WHILE_FULL = 60;
/** Only root may mount a small disk. */
const canMount = process.getuid?.() === 0 && process.platform === 'linux';
if (!canMount) process.stdout.write('SKIPPED: the full disk, which only root on Linux can make\n');

describe.runIf(canMount)('a disk of the spool that fills', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'trimtab-full-'));
  const disk = join(dataDir, 'gateway');
  let target: FaultSystem;

  beforeAll(async () => {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
    target = await startFaultSystem({ backend, seed: SEED, dataDir });
  });
  afterAll(async () => {
    await target?.stop();
    execFileSync('umount', ['-l', disk]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('keeps no client waiting, and all is written when there is room again', async (context) => {
    const ballast = join(disk, 'ballast');
    let whileFull = 0;
    const run = await runUnderLoad(target, async (calls) => {
      target.databaseProxy.set({ isRefusing: true });
      target.databaseProxy.resetAll();
      fill(disk, ballast);
      const before = calls.length;
      await untilAnswered(calls, CALLS_WHILE_FULL);
      whileFull = calls.length - before;
      rmSync(ballast);
      target.databaseProxy.set({});
    });
    const violations = await auditSystem(target, run.calls, { run });
    recordFault(context, {
      ...{ row: 'disk-full', backend: 'any', seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'served_while_full', value: whileFull, op: '>=', bar: CALLS_WHILE_FULL, n: whileFull },
      ],
    });
    expect(violations).toEqual([]);
  });
});

/** Not one byte is left. */
function fill(disk: string, ballast: string): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
}
