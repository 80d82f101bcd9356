import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { governanceOf } from '#shared/config/governance-of.ts';
import type { Database } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { activatePolicy, rollBack } from '#shared/database/pointer-store.ts';
import { proposePolicy, storePrefix } from '#shared/database/policy-store.ts';
import { openRollout, promoteRollout, rollBackRollout } from '#shared/database/rollout-store.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import { insertSessions } from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
  until,
} from './testing/gateway-fixture.ts';

const FIRST = [{ role: 'user', content: 'hello' }];
const LATER = [...FIRST, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'and now?' }];

describe('sessions and policies', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let provider: FakeProvider;
  let config: TrimtabConfig;
  let projects = 0;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
  });
  afterAll(async () => {
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    bench = await createTestBench(testDatabase.connectionString);
    provider = await bench.provider({ type: 'message', text: 'hi' });
    projects += 1;
    config = await seedConfig(admin, configBody(['a', 'b', 'c']));
  });
  afterEach(() => bench.close());

  function configBody(models: readonly string[]): Record<string, unknown> {
    return {
      project: `sessions-${projects}`,
      providers: { vllm: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: models.map((id) => ({ id, provider: 'vllm', price: { input: 1, output: 1 } })),
      routes: [
        {
          match: { model: 'claude-*' },
          targets: [
            { model: 'a', weight: 1 },
            { model: 'b', weight: 1 },
          ].filter(({ model }) => models.includes(model)),
        },
      ],
      governance: { rollout: { canary: 0.3 }, exploration: 0, exposureMax: 0.4 },
    };
  }

  function bodyTo(model: string, prefixId?: string): PolicyBody {
    const target = { model, weight: 10_000, ...(prefixId === undefined ? {} : { prefixId }) };
    const route = { id: 'all', match: { requestModel: 'claude-*' }, targets: [target], fallbacks: [], exploration: [] };
    return { schema: 1, turnShapeVersion: 1, routes: [route], safeDefault: 'a' };
  }

  const change = () => ({ projectId: config.project, actor: 'human:test', reason: 'a test' });

  async function propose(body: PolicyBody): Promise<string> {
    const draft = { projectId: config.project, body, parentId: null, author: 'human:test', reason: 'a test' };
    return (await proposePolicy(admin, { ...draft, evidence: {}, risk: 'weights' })).policy.policyId;
  }

  const settings = () => rolloutSettingsOf(governanceOf(config));

  async function open(candidate: string) {
    return await openRollout(admin, {
      ...change(),
      candidate,
      canaryShare: 0.3,
      settings: settings(),
      initialState: {},
    });
  }

  async function ask(gateway: TestGateway, session: string | null, messages: object[] = FIRST): Promise<string> {
    const headers: Record<string, string> = session === null ? {} : { 'x-claude-code-session-id': session };
    const body = JSON.stringify({ model: 'claude-sonnet', max_tokens: 10, messages });
    const response = await fetch(`${gateway.baseUrl}/v1/messages`, { method: 'POST', headers, body });
    if (!response.ok) return `status ${response.status}`;
    return ((await response.json()) as { model: string }).model;
  }

  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

  it('keep one model for a session, by the weights of the route, on every replica', async () => {
    const one = await bench.gateway(config);
    const other = await bench.gateway(config);
    const first = await Promise.all(names('s', 40).map((session) => ask(one, session)));
    const again = await Promise.all(names('s', 40).map((session) => ask(one, session, LATER)));
    const elsewhere = await Promise.all(names('s', 40).map((session) => ask(other, session, LATER)));
    expect(again).toEqual(first);
    expect(elsewhere).toEqual(first);
    expect(first.filter((model) => model === 'a').length).toBeGreaterThan(8);
    expect(first.filter((model) => model === 'b').length).toBeGreaterThan(8);
    expect(one.records.map(({ call }) => call.propensity)).toEqual(one.records.map(() => 0.5));
  });

  it('keep the learned route of their opening for all their turns, but for a rule about turns, or to fit into a model', async () => {
    const models = [{ id: 'a', contextTokens: 2_000 }, { id: 'b' }, { id: 'c' }];
    const served = models.map((model) => ({ ...model, provider: 'vllm', price: { input: 1, output: 1 } }));
    config = await seedConfig(admin, { ...configBody(['a', 'b', 'c']), models: served });
    const gateway = await bench.gateway(config);
    const route = (turnShape: string, model: string) => {
      const match = { requestModel: 'claude-*', turnShape };
      return { id: `all/${turnShape}`, match, targets: [{ model, weight: 10_000 }], fallbacks: [], exploration: [] };
    };
    const body = bodyTo('c');
    const edits = { ...route('*-edit', 'c'), id: 'edits' };
    const learned = [route('4k-none-plan', 'a'), route('4k-none-followup', 'b')];
    const shaped = { ...body, routes: [edits, ...learned, ...body.routes] };
    await activatePolicy(admin, { ...change(), policyId: await propose(shaped) });
    await gateway.service.refresh();
    const use = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'x' } };
    const turn = (text: string, name = 'Read') => [
      ...FIRST,
      { role: 'assistant', content: [{ ...use, name }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: text }] },
    ];
    expect(await ask(gateway, 'agent', FIRST)).toBe('a');
    expect(await ask(gateway, 'agent', turn('done'))).toBe('a');
    expect(gateway.records.map(({ call }) => [call.turnShape, call.ruleId])).toEqual([
      ['4k-none-plan', 'all/4k-none-plan'],
      ['4k-none-followup', 'all/4k-none-plan'],
    ]);
    expect(await ask(gateway, 'agent', turn('done', 'Edit'))).toBe('c');
    // It does not fit into the window of its model any more: the shape of the call itself decides.
    expect(await ask(gateway, 'agent', turn('so much more '.repeat(1_000)))).toBe('b');
  });

  it('leave a running session with its policy when another is activated, and take new ones over at once', async () => {
    const gateway = await bench.gateway(config);
    const before = await ask(gateway, 'old');
    await activatePolicy(admin, { ...change(), policyId: await propose(bodyTo('c')) });
    await until(async () => (await ask(gateway, `new-${gateway.records.length}`)) === 'c');
    expect(await ask(gateway, 'old', LATER)).toBe(before);
  });

  it('move a session at once when its policy is revoked', async () => {
    const gateway = await bench.gateway(config);
    await activatePolicy(admin, { ...change(), policyId: await propose(bodyTo('c')) });
    await gateway.service.refresh();
    expect(await ask(gateway, 'pinned')).toBe('c');
    await rollBack(admin, change());
    await gateway.service.refresh();
    expect(['a', 'b']).toContain(await ask(gateway, 'pinned', LATER));
  });

  it('deal canary, control and stable to sessions that begin after the rollout opened, and to no others', async () => {
    const gateway = await bench.gateway(config);
    await Promise.all(names('before', 20).map((session) => ask(gateway, session)));
    const candidate = await propose(bodyTo('c'));
    const { rolloutId } = await open(candidate);
    await gateway.service.refresh();
    const known = gateway.records.length;
    await Promise.all(names('before', 20).map((session) => ask(gateway, session, LATER)));
    await Promise.all(names('after', 120).map((session) => ask(gateway, session)));
    await Promise.all(names('unseen', 20).map((session) => ask(gateway, session, LATER)));
    await Promise.all(names('x', 5).map(() => ask(gateway, null)));
    const calls = gateway.records.slice(known).map(({ call }) => call);
    const of = (prefix: string) => calls.filter(({ sessionId }) => sessionId.startsWith(prefix));
    for (const call of [
      ...of('before'),
      ...of('unseen'),
      ...calls.filter(({ sessionSource }) => sessionSource === 'fingerprint'),
    ]) {
      expect([call.variant, call.rolloutId]).toEqual(['stable', null]);
    }
    const variants = of('after').map(({ variant }) => variant);
    for (const arm of ['canary', 'control', 'stable'] as const) {
      expect(variants.filter((variant) => variant === arm).length).toBeGreaterThan(20);
    }
    for (const call of of('after')) {
      expect(call.rolloutId).toBe(call.variant === 'stable' ? null : rolloutId);
      expect(call.policyId === candidate).toBe(call.variant === 'canary');
      expect(call.responseModel === 'c').toBe(call.variant === 'canary');
    }
  });

  it('take the sessions of a canary that was rolled back off it, and leave those of a promoted one on it', async () => {
    const gateway = await bench.gateway(config);
    const candidate = await propose(bodyTo('c'));
    const { rolloutId } = await open(candidate);
    await gateway.service.refresh();
    await Promise.all(names('s', 40).map((session) => ask(gateway, session)));
    const canaries = gateway.records.filter(({ call }) => call.variant === 'canary').map(({ call }) => call.sessionId);
    expect(canaries.length).toBeGreaterThan(3);
    await rollBackRollout(admin, { ...change(), rolloutId });
    await gateway.service.refresh();
    for (const session of canaries) expect(await ask(gateway, session, LATER)).not.toBe('c');
    const better = await open(await propose(bodyTo('b')));
    await gateway.service.refresh();
    await Promise.all(names('t', 40).map((session) => ask(gateway, session)));
    await promoteRollout(admin, { ...change(), rolloutId: better.rolloutId });
    await gateway.service.refresh();
    const promoted = gateway.records.filter(
      ({ call }) => call.rolloutId === better.rolloutId && call.variant === 'canary',
    );
    for (const { call } of promoted) expect(await ask(gateway, call.sessionId, LATER)).toBe('b');
    expect(await ask(gateway, 'newcomer')).toBe('b');
  });

  it('know the arm of a session that began at another gateway from its row', async () => {
    const candidate = await propose(bodyTo('c'));
    const { rolloutId } = await open(candidate);
    const startedAt = new Date();
    const rows = Array.from({ length: 12 }, (_, index) => ({
      ...{ project: config.project, index, startedAt, quality: null },
      ...{ policyId: candidate, rolloutId, variant: 'canary' },
    }));
    await insertSessions(admin, rows);
    const gateway = await bench.gateway(config);
    // A look-up that comes too late leaves its call to the stable policy, and the next call asks again.
    for (const { index } of rows) await until(async () => (await ask(gateway, `session-${index}`, LATER)) === 'c');
    for (const { index } of rows) expect(await ask(gateway, `session-${index}`, LATER)).toBe('c');
    const last = gateway.records.slice(-rows.length).map(({ call }) => [call.variant, call.rolloutId]);
    expect(last).toEqual(rows.map(() => ['canary', rolloutId]));
  });

  it('put the prefix of a target before the system prompt, and say so on the call', async () => {
    const text = 'Make one tool call at a time.';
    const prefix = { projectId: config.project, body: text, parentId: null, clusterId: null, author: 'human:test' };
    const prefixId = await storePrefix(admin, prefix);
    await activatePolicy(admin, { ...change(), policyId: await propose(bodyTo('c', prefixId)) });
    const gateway = await bench.gateway(config);
    await ask(gateway, 'prefixed');
    expect(provider.requests.at(-1)?.body['messages']).toMatchObject([{ role: 'system' }, { role: 'user' }]);
    expect(provider.requests.at(-1)?.bodyText).toContain(text);
    const [record] = await gateway.recorded(1);
    expect(record?.call.prefixId).toBe(prefixId);
    expect(JSON.stringify(record?.request)).not.toContain(text);
  });

  it('stop serving a model at once when it leaves the allow-list, pins or not', async () => {
    const gateway = await bench.gateway(config);
    const sessions = names('s', 20);
    const first = await Promise.all(sessions.map((session) => ask(gateway, session)));
    expect(first).toContain('b');
    await importGovernance(admin, { ...config, models: config.models.filter(({ id }) => id !== 'b') }, 'file:/x').catch(
      () => undefined,
    );
    await gateway.service.refresh();
    const later = await Promise.all(sessions.map((session) => ask(gateway, session, LATER)));
    expect(new Set(later)).toEqual(new Set(['a']));
  });
});
