import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { runCommand } from '../testing/run-command.ts';
import { DRILL_STEPS, type DrillEvent } from './drill-event.ts';
import { DRILL_NAMES } from './drill-scenario.ts';
import type { DrillResult } from './run-drill.ts';

/** Warm-up, fault and recovery have three minutes each at the most; an idle machine takes two for all. */
const DRILL_LIMIT_MS = 600_000;

describe('trimtab drill', () => {
  let store: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    store = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'trimtab-drill-'));
    environment = {
      PATH: process.env['PATH'] ?? '',
      ...{ DATABASE_URL: store.connectionString, TRIMTAB_DATA_DIR: dataDir },
    };
  });
  afterEach(async () => {
    await store.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it.each(DRILL_NAMES)(
    '%s: shows the drop of one provider, its cluster, the weight cut and the recovery',
    async (name) => {
      const { stdout, exitCode, stderr } = await runCommand(['drill', name, '--json'], environment);
      const lines = stdout.trim().split('\n');
      const events = lines.map((line) => JSON.parse(line) as DrillEvent & Partial<DrillResult>);
      const result = events.at(-1);
      expect(result, stderr).toMatchObject({ type: 'result', name, missing: [] });
      expect(exitCode).toBe(0);
      const types = events.map((event) => event.type);
      for (const step of DRILL_STEPS) expect(types).toContain(step);
      expect(types.indexOf('weight_cut')).toBeGreaterThan(types.indexOf('fault_on'));
      expect(types.indexOf('recovery')).toBeGreaterThan(types.indexOf('fault_off'));
      const drop = events.find((event) => event.type === 'drop')?.details;
      expect(drop).toMatchObject({ model: 'swift-2', provider: 'swift' });
      const qualities = drop?.['providers'] as { provider: string; quality: number }[];
      const qualityOf = (name: string) => qualities.find(({ provider }) => provider === name)?.quality;
      expect(qualityOf('swift')).toBeLessThan(qualityOf('grand') ?? 0);
      const cut = events.find((event) => event.type === 'weight_cut')?.details as { actor?: string } | undefined;
      expect(cut?.actor).toMatch(/^optimizer:/);
    },
    DRILL_LIMIT_MS,
  );

  it('lists the drills, and refuses one that there is not', async () => {
    const { stdout } = await runCommand(['drill', '--json'], environment);
    expect((JSON.parse(stdout) as { name: string }[]).map((drill) => drill.name)).toEqual(DRILL_NAMES);
    expect(await runCommand(['drill', 'fire'], environment)).toMatchObject({ exitCode: 1 });
  });
});
