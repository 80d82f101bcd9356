import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#shared/config/load-config.ts';
import type { Database } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { freePort } from '#shared/free-port.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { adminDatabase, createTestBench, type TestBench, until } from './testing/gateway-fixture.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ASK = { model: 'claude-sonnet', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const CLIENTS = 20;
const TERMINATIONS = 2;
/** Four processes are started one after the other, each in seconds. */
const TERMINATIONS_MS = 180_000;

/** How undici names a connection that ended under a request. */
const HANG_UPS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : error);

describe('the gateway process', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let configPath: string;
  const children: ChildProcess[] = [];
  const spans: string[] = [];
  const collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      spans.push(`${request.url} ${Buffer.concat(parts).toString('utf8')}`);
      response.end('{}');
    });
  });

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    const provider = await bench.provider({ type: 'message', text: 'hi there' });
    configPath = join(bench.dataDir, 'trimtab.yaml');
    await writeFile(
      configPath,
      `providers:
  vllm: { format: openai-chat, baseUrl: "${provider.baseUrl}", network: private }
models:
  - { id: qwen, provider: vllm, price: { input: 1, output: 2 } }
routes:
  - { match: { model: "claude-*" }, targets: [ { model: qwen, weight: 1 } ] }
`,
    );
    await importGovernance(admin, await loadConfig(configPath, {}), `file:${configPath}`);
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    collector.close();
    await bench.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  async function start(databaseUrl: string): Promise<{ url: string; child: ChildProcess }> {
    const port = await freePort('127.0.0.1');
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      TRIMTAB_CONFIG: configPath,
      TRIMTAB_DATA_DIR: bench.dataDir,
      TRIMTAB_GATEWAY_PORT: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      LOG_LEVEL: 'error',
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true);
    return { url, child };
  }

  async function ask(url: string): Promise<string | null> {
    const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify(ASK) });
    expect(response.status).toBe(200);
    return response.headers.get('x-trimtab-call-id');
  }

  /**
   * Asks again and again, on a connection of its own, until nobody answers; returns why. A request that meets the hang-up
   * of a connection used before, and no byte of an answer, was taken by nobody, and is sent again, as clients do.
   */
  async function askUntilRefused(url: string, answered: (string | null)[]): Promise<unknown> {
    const agent = new Agent({ connections: 1 });
    let isUsedBefore = false;
    try {
      for (;;) {
        const options = { dispatcher: agent, method: 'POST' as const, body: JSON.stringify(ASK) };
        const answer = await request(`${url}/v1/messages`, options).catch((error: unknown) => {
          if (!isUsedBefore || !HANG_UPS.includes(codeOf(error))) throw error;
          return null;
        });
        isUsedBefore = answer !== null;
        if (answer === null) continue;
        const { statusCode, headers, body } = answer;
        await body.text();
        if (statusCode !== 200) return statusCode;
        answered.push(String(headers['x-trimtab-call-id']));
      }
    } catch (error) {
      return codeOf(error);
    } finally {
      await agent.destroy();
    }
  }

  async function isStored(callId: string | null): Promise<boolean> {
    const { rows } = await sql`SELECT 1 FROM call WHERE call_id = ${callId}::uuid`.execute(admin);
    return rows.length === 1;
  }

  async function storedCalls(): Promise<number> {
    const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM call`.execute(admin);
    return rows[0]?.count ?? 0;
  }

  async function lostCalls(): Promise<number> {
    const { rows } = await sql<{ lost: number }>`
      SELECT coalesce(sum(value), 0)::int AS lost FROM conservation_counter
      WHERE name IN ('lost_before_durable', 'dropped')`.execute(admin);
    return rows[0]?.lost ?? 0;
  }

  it('stores a call through its spool, exports its span, and stops in order', async () => {
    const { url, child } = await start(testDatabase.connectionString);
    const callId = await ask(url);
    await until(() => isStored(callId));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/trimtab_calls_total\{provider="vllm",model="qwen",status="ok"[^}]*\} 1/);
    expect(metrics).toMatch(/trimtab_policy_epoch 1/);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    const span = spans.find((text) => text.startsWith('/v1/traces') && text.includes(String(callId)));
    expect(span).toContain('chat claude-sonnet');
    expect(span).toContain('trimtab.policy.id');
    expect(span).toContain('trimtab.propensity');
  });

  it(
    'cuts no call when it is told to end under load, and stores all that it answered',
    async () => {
      const answered: (string | null)[] = [];
      const storedBefore = await storedCalls();
      for (let termination = 0; termination < TERMINATIONS; termination += 1) {
        const { url, child } = await start(testDatabase.connectionString);
        const before = answered.length;
        const clients = Promise.all(Array.from({ length: CLIENTS }, () => askUntilRefused(url, answered)));
        await until(() => answered.length >= before + 2 * CLIENTS);
        child.kill('SIGTERM');
        expect(await clients).toEqual(Array.from({ length: CLIENTS }, () => 'ECONNREFUSED'));
        const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number | null]) : [child.exitCode];
        expect(code).toBe(0);
      }
      const last = await start(testDatabase.connectionString);
      await until(async () => (await Promise.all(answered.map(isStored))).every(Boolean));
      // And none that nobody has an answer of: what was sent again had not been taken.
      expect((await storedCalls()) - storedBefore).toBe(answered.length);
      expect(await lostCalls()).toBe(0);
      last.child.kill('SIGTERM');
      await once(last.child, 'exit');
    },
    TERMINATIONS_MS,
  );

  it('serves from its copy of the policies while PostgreSQL is down, and stores those calls when it is back', async () => {
    const down = await start(`postgres://trimtab@127.0.0.1:${await freePort('127.0.0.1')}/nowhere`);
    const callId = await ask(down.url);
    down.child.kill('SIGTERM');
    await once(down.child, 'exit');
    expect(await isStored(callId)).toBe(false);
    await start(testDatabase.connectionString);
    await until(() => isStored(callId));
  });
});
