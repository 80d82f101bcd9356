import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createReplays, readReplay } from '#shared/database/replay-store.ts';
import { freePort } from '#shared/free-port.ts';
import { REPLAY_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { SCORER_SET_VERSION } from './scorers/registry.ts';
import { agentSession, type EvaluatorFixture, openEvaluatorFixture } from './testing/evaluator-fixture.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const WAIT = { timeout: 30_000, interval: 100 };

describe('the evaluator process', () => {
  let fixture: EvaluatorFixture;
  let provider: FakeProvider;
  let backend: QueueBackend;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    fixture = await openEvaluatorFixture();
    backend = createQueueBackend({ log: pino({ level: 'silent' }) }, { databaseUrl: fixture.connectionString });
    const toolCalls = [{ name: 'Read', arguments: '{"file_path":"a"}' }];
    provider = await createFakeProvider({ format: 'openai-chat', script: () => ({ type: 'message', toolCalls }) });
    folder = await mkdtemp(join(tmpdir(), 'trimtab-evaluator-'));
    await writeFile(
      join(folder, 'trimtab.yaml'),
      `providers:
  vllm: { format: openai-chat, baseUrl: "${provider.baseUrl}", network: private }
models:
  - { id: qwen, provider: vllm, price: { input: 1, output: 2 } }
routes:
  - { match: { model: "claude-*" }, targets: [ { model: qwen, weight: 1 } ] }
`,
    );
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await backend.close(2_000);
    await provider.close();
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
    const port = await freePort('127.0.0.1');
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: fixture.connectionString,
      TRIMTAB_CONFIG: join(folder, 'trimtab.yaml'),
      TRIMTAB_DATA_DIR: folder,
      TRIMTAB_EVALUATOR_PORT: String(port),
      LOG_LEVEL: 'error',
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), WAIT);
    return { child, url };
  }

  it('gets ready, replays a stored call through a provider, and ends by itself on SIGTERM', async () => {
    const { child, url } = await start();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });

    const [record] = agentSession('a call to replay', [{ calls: [{}] }]);
    await fixture.calls.store([record!]);
    const replay = { replayId: 'replay-1', projectId: 'default', promptRunId: null, callId: record!.call.callId };
    const how = { model: 'qwen', prefixId: null, scorerSet: SCORER_SET_VERSION, sample: 0 };
    await createReplays(fixture.deps.database, [{ ...replay, ...how }]);
    const data = { v: 1, projectId: 'default', replayId: 'replay-1' } as const;
    await backend.openQueue(REPLAY_QUEUE).add({ id: 'replay-1', data });
    await vi.waitFor(async () => {
      expect(await readReplay(fixture.deps.database, 'default', 'replay-1')).toMatchObject({
        status: 'done',
        result: { toolUse: 1, error: null },
      });
    }, WAIT);
    expect(provider.requests).toHaveLength(1);

    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  it('says what is missing when it has no database address', async () => {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(child);
    const output: string[] = [];
    child.stderr.on('data', (part: Buffer) => output.push(part.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).not.toBe(0);
    expect(output.join('')).toContain('the evaluator needs DATABASE_URL');
  });
});
