import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { eventually } from './testing/eventually.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/trimtab.mjs', import.meta.url));

describe('a changed trimtab.yaml', () => {
  let store: TestDatabase;
  let provider: FakeProvider;
  let folder: string;
  let system: ChildProcess;
  let output = '';

  beforeEach(async () => {
    store = await createTestDatabase();
    const scenario = fakeScenarioSchema.parse({});
    provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(scenario).script });
    folder = mkdtempSync(join(tmpdir(), 'trimtab-reload-'));
    output = '';
  });
  afterEach(async () => {
    const ended = new Promise((resolve) => system.once('exit', resolve));
    system.kill('SIGTERM');
    await ended;
    await provider.close();
    await store.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function writeConfig(models: readonly string[]): void {
    const config = {
      providers: { local: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: models.map((id) => ({ id, provider: 'local', price: { input: 1, output: 1 } })),
      routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'kept', weight: 1 }] }],
    };
    writeFileSync(join(folder, 'trimtab.yaml'), JSON.stringify(config));
  }

  function startSystem(): void {
    system = spawn(process.execPath, [LAUNCHER, 'up'], {
      env: {
        PATH: process.env['PATH'],
        ...{ DATABASE_URL: store.connectionString, TRIMTAB_DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' },
        ...{ TRIMTAB_CONFIG: join(folder, 'trimtab.yaml'), TRIMTAB_GATEWAY_PORT: '0' },
        ...{ TRIMTAB_OPTIMIZER_PORT: '0', TRIMTAB_EVALUATOR_PORT: '0' },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    system.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }

  it('takes a removed model out of service and a new one in, without a restart', async () => {
    writeConfig(['kept', 'removed']);
    startSystem();
    const url = await eventually('the system is up', () => /ANTHROPIC_BASE_URL=(\S+)/.exec(output)?.[1]);
    const ask = async (model: string): Promise<number> => {
      const body = JSON.stringify({ model, max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] });
      const answer = await fetch(`${url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'any' }, body });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await ask('removed')).toBe(200);
    expect(await ask('added')).toBe(404);
    writeFileSync(join(folder, 'trimtab.yaml'), 'models: [');
    await eventually('the mistake is told', () => output.includes('cannot be used'));
    expect(await ask('removed')).toBe(200);
    writeConfig(['kept', 'added']);
    await eventually('the removed model is out of service', async () => (await ask('removed')) === 404);
    await eventually('the new model is served', async () => (await ask('added')) === 200);
    expect(await ask('claude-sonnet-5')).toBe(200);
    expect(output).toContain('Governance v2 imported');
  });
});
