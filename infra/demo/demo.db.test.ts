import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { runCommand } from '../testing/run-command.ts';
import type { DemoEvent } from './demo-event.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/trimtab.mjs', import.meta.url));
const TOKEN = 'token-of-the-demo-test';
/** The demo promises three minutes; a busy machine gets them here too. */
const DEMO_LIMIT_MS = 200_000;

describe('trimtab demo', () => {
  let store: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;
  let demo: ChildProcess | undefined;

  beforeEach(async () => {
    store = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'trimtab-demo-'));
    environment = {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: store.connectionString,
      TRIMTAB_DATA_DIR: dataDir,
      TRIMTAB_ADMIN_TOKEN: TOKEN,
    };
  });
  afterEach(async () => {
    demo?.kill('SIGKILL');
    await store.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Plays the demo until it says that it is done, and leaves it up. */
  async function play(): Promise<DemoEvent[]> {
    demo = spawn(process.execPath, [LAUNCHER, 'demo', '--json', '--keep'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: DemoEvent[] = [];
    for await (const line of createInterface({ input: demo.stdout! })) {
      const event = JSON.parse(line) as DemoEvent;
      events.push(event);
      if (event.type === 'end') return events;
    }
    return events;
  }

  it(
    'shows the loop from failures to the rollback, and the control API confirms every id',
    async () => {
      const events = await play();
      const find = (type: DemoEvent['type']) => events.find((event) => event.type === type);
      const order = [
        'start',
        'cluster',
        'proposal',
        'canary',
        'promotion',
        'switch',
        'alarm',
        'rollback',
        'end',
      ] as const;
      expect(order.map((type) => events.findIndex((event) => event.type === type))).toEqual(
        order.map((type) => events.findIndex((event) => event.type === type)).sort((a, b) => a - b),
      );
      for (const type of order) expect(find(type), type).toBeDefined();
      const controlUrl = String(find('start')?.details?.['controlUrl']);
      const control = async (path: string): Promise<Record<string, unknown>> => {
        const response = await fetch(`${controlUrl}/api/v1/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
        expect(response.status, path).toBe(200);
        return (await response.json()) as Record<string, unknown>;
      };
      const cluster = await control(`clusters/${find('cluster')?.clusterId}`);
      // Where it happens may be added once that is proven.
      const [what] = String(find('cluster')?.details?.['title']).split(' on ');
      expect(cluster['title']).toContain(what);
      const proposal = find('proposal');
      expect((await control(`policies/${proposal?.policyId}`))['serving']).toBe('revoked');
      const rollout = await control(`rollouts/${find('canary')?.rolloutId}`);
      expect(rollout).toMatchObject({ status: 'promoted', candidate: proposal?.policyId });
      const epochs = [find('canary'), find('promotion'), find('rollback')].map((event) => event?.epoch ?? 0);
      expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
      expect((await control('policies/active'))['epoch']).toBeGreaterThanOrEqual(epochs[2] ?? 0);
      expect(find('end')?.elapsedMs).toBeLessThan(180_000);
    },
    DEMO_LIMIT_MS,
  );

  it(
    'does nothing where nothing is wrong',
    async () => {
      const result = await runCommand(['demo', '--scenario', 'none', '--json'], environment);
      expect(result.exitCode, result.stderr).toBe(0);
      const last = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '{}') as { summary?: unknown };
      expect(last.summary).toMatchObject({ clusters: 0, policyChanges: 0, rollbacks: 0, alarms: 0 });
    },
    DEMO_LIMIT_MS,
  );
});
