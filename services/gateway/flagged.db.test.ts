import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import { insertCall, insertFailure, insertSessions } from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
  until,
} from './testing/gateway-fixture.ts';

const PROMISED_MS = 2_000;
let store: TestDatabase;
let admin: Database;
let bench: TestBench;
let baseUrl: string;

beforeAll(async () => {
  store = await createTestDatabase();
  admin = adminDatabase(store.connectionString);
  bench = await createTestBench(store.connectionString);
  const provider = await bench.provider({ type: 'message', text: 'hi' });
  baseUrl = provider.baseUrl;
});
afterAll(async () => {
  await bench.close();
  await admin.destroy();
  await store.drop();
});

function configOf(project: string, change: Record<string, unknown> = {}, governance: Record<string, unknown> = {}) {
  return {
    project,
    providers: { p: { format: 'openai-chat', baseUrl, network: 'private', region: 'eu' } },
    models: [
      { id: 'cheap', provider: 'p', price: { input: 0.2, output: 0.8 }, ...change },
      { id: 'strong', provider: 'p', price: { input: 3, output: 15 } },
    ],
    routes: [
      { id: 'rescue', match: { model: 'claude-*', flagged: true }, targets: [{ model: 'strong', weight: 1 }] },
      { id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'cheap', weight: 1 }], fallbacks: ['strong'] },
    ],
    governance,
  };
}

async function ask(gateway: TestGateway, session: string, more: Record<string, unknown> = {}): Promise<string> {
  const content = 'x'.repeat(4_000);
  const response = await fetch(`${gateway.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'x-claude-code-session-id': session },
    body: JSON.stringify({ model: 'claude-sonnet', max_tokens: 10, messages: [{ role: 'user', content }], ...more }),
  });
  if (!response.ok) return `status ${response.status}`;
  return ((await response.json()) as { model: string }).model;
}

/** Calls of a session that the evaluator has found to fail. */
async function fail(project: string, index: number, change: { count: number; owner?: string }): Promise<void> {
  const startedAt = new Date();
  await insertSessions(admin, [{ project, index, startedAt, quality: null }]).catch(() => undefined);
  for (let call = 0; call < change.count; call += 1) {
    const at = {
      project,
      index: index * 100 + call,
      startedAt: new Date(Date.now() + call),
      sessionId: `session-${index}`,
    };
    const callId = await insertCall(admin, at);
    const failure = { project, callId, scorer: 'args_malformed_json', explanation: 'x' };
    await insertFailure(admin, { ...failure, owner: change.owner ?? 'provider' });
    await insertFailure(admin, { ...failure, scorer: 'args_truncated', owner: change.owner ?? 'provider' });
  }
}

describe('a flagged session', () => {
  it('goes to the stronger model within two seconds of its second failing call, and no other session does', async () => {
    const config: TrimtabConfig = await seedConfig(admin, configOf('escalates'));
    const gateway = await bench.gateway(config);
    expect(await ask(gateway, 'session-1')).toBe('cheap');
    await fail('escalates', 1, { count: 2 });
    await fail('escalates', 2, { count: 1 });
    await fail('escalates', 3, { count: 3, owner: 'client' });
    const failedAtMs = Date.now();
    await until(async () => (await ask(gateway, 'session-1')) === 'strong');
    expect(Date.now() - failedAtMs).toBeLessThan(PROMISED_MS);
    expect(gateway.records.at(-1)?.call.ruleId).toBe('rescue');
    expect(await ask(gateway, 'session-2')).toBe('cheap');
    expect(await ask(gateway, 'session-3')).toBe('cheap');
    expect(await ask(gateway, 'session-4')).toBe('cheap');
  });

  it('stays where its cache is when leaving it would cost more than a rescue is worth', async () => {
    const config = await seedConfig(admin, configOf('dear', {}, { escalation: { cacheLossMaxUsd: 0.0001 } }));
    const gateway = await bench.gateway(config);
    await fail('dear', 1, { count: 2 });
    await gateway.service.refresh();
    expect(await ask(gateway, 'session-1')).toBe('cheap');
  });
});

describe('a model that cannot do what a request needs', () => {
  it('is passed over for the route’s next one, for that request alone', async () => {
    const gateway = await bench.gateway(await seedConfig(admin, configOf('features', { features: ['images'] })));
    expect(await ask(gateway, 'plain')).toBe('cheap');
    const tools = [{ name: 'read', input_schema: { type: 'object' } }];
    expect(await ask(gateway, 'tools', { tools })).toBe('strong');
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
    expect(await ask(gateway, 'image', { messages: [{ role: 'user', content: [image] }] })).toBe('cheap');
  });
});
