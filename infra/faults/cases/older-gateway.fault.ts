import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#shared/free-port.ts';
import { spoolFolderOf } from '../../testing/answered-calls.ts';
import { isInKillWindow } from '../../testing/kill-window.ts';
import { type ClientCall, startLoad } from '../../testing/load.ts';
import { type DiskWatch, watchDisk } from '../../testing/watch-disk.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { checkOutOlder, findOlderCommit, type OlderVersion } from '../testing/older-version.ts';
import { pendingRecords } from '../testing/pending-records.ts';
import { epochNow, prepareTwoPolicies, tryMove } from '../testing/policy-moves.ts';
import { watchPolicies } from '../testing/policy-watch.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';
import { setStores } from '../testing/set-stores.ts';
import { type SideGateway, startSideGateway } from '../testing/side-gateway.ts';

const SEED = seedOfRun();
const NEWER = fileURLToPath(new URL('../../../', import.meta.url));
const LOAD = { agents: 3, pauseMs: 150 };
/** Of the gateway of today, which is there all the time. */
const BESIDE = { agents: 1, pauseMs: 500 };
const CALLS = 30;
const FOLLOWED_MS = 10_000;
const commit = findOlderCommit();
if (commit === null)
  process.stdout.write('SKIPPED: the older gateway, which the history of this checkout does not have\n');

describe.runIf(commit !== null).each(BACKENDS)('a gateway of the version before, with the queues on %s,', (backend) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'trimtab-side-'));
  let older: OlderVersion;
  let target: FaultSystem;
  let disk: DiskWatch;
  let port: number;

  beforeAll(async () => {
    older = checkOutOlder(commit ?? '');
    target = await startFaultSystem({ backend, seed: SEED });
    disk = await watchDisk(dataDir);
    port = await freePort('127.0.0.1');
  });
  afterAll(async () => {
    await disk?.stop();
    await target?.stop();
    older?.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Calls of this gateway, at the end of which it is killed with all that it could not store. */
  async function serveAndDie(
    gateway: SideGateway,
    seed: number,
  ): Promise<{ calls: readonly ClientCall[]; atMs: number }> {
    const load = startLoad({ baseUrl: gateway.url, seed, apiKey: target.apiKey, ...LOAD });
    await untilAnswered(load.calls, CALLS);
    setStores(target, false);
    await untilAnswered(load.calls, CALLS);
    const atMs = await gateway.end('SIGKILL');
    await load.stop();
    setStores(target, true);
    return { calls: load.calls, atMs };
  }

  it('serves on the newer database, and each takes over the other’s spool', async (context) => {
    const { system } = target;
    const [, second] = await prepareTwoPolicies(system.database);
    const calls: ClientCall[] = [];
    const killedAtMs: number[] = [];
    const start = (sourceFolder: string) => startSideGateway(target, { sourceFolder, dataDir, port });
    const run = await runUnderLoad(
      target,
      async () => {
        for (const [turn, folder] of [older.folder, NEWER, older.folder].entries()) {
          const gateway = await start(folder);
          if (turn === 0) await follow(target, gateway.url, second);
          const served = await serveAndDie(gateway, SEED + turn + 1);
          calls.push(...served.calls);
          killedAtMs.push(served.atMs);
        }
        // What the last one left is stored by the one that stays.
        const last = await start(NEWER);
        const load = startLoad({ baseUrl: last.url, seed: SEED, apiKey: target.apiKey, ...LOAD });
        await untilAnswered(load.calls, CALLS);
        await load.stop();
        calls.push(...load.calls);
        await untilDrained(last.url);
        await last.end('SIGTERM');
      },
      BESIDE,
    );
    const violations = await auditSystem(target, [...run.calls, ...calls], {
      run,
      spoolFolders: [target.spoolFolder, spoolFolderOf(dataDir)],
      policyCopies: [target.policyCopy, join(dataDir, 'gateway', 'policies.json')],
      folders: [...target.folders, dataDir],
      expected: ['unknown', 'not_taken'],
      isInWindow: (call) => isInKillWindow(call, killedAtMs, disk),
    });
    process.stdout.write(`  the version before is ${older.commit}\n`);
    recordFault(context, {
      ...{ row: 'older-gateway', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length + calls.length),
        { id: 'changes_of_version', value: killedAtMs.length, op: '>=', bar: 3, n: calls.length },
      ],
    });
    expect(run.calls.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(violations).toEqual([]);
  });
});

/** Both gateways come to serve what is published now. */
async function follow({ system }: FaultSystem, url: string, policyId: string): Promise<void> {
  const expectedEpoch = await epochNow(system.database);
  await tryMove(system.database, { policyId, expectedEpoch, actor: 'human:test' });
  const epoch = await epochNow(system.database);
  for (const gatewayUrl of [url, system.gatewayUrl]) {
    const watch = watchPolicies(gatewayUrl);
    const applied = () => watch.samples.at(-1)?.epoch ?? 0;
    await expect.poll(applied, { timeout: FOLLOWED_MS, interval: 20 }).toBe(epoch);
    await watch.stop();
  }
}

async function untilDrained(url: string): Promise<void> {
  await expect.poll(() => pendingRecords(url), { timeout: 60_000, interval: 100 }).toBe(0);
}
