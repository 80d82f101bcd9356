import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConservation } from '#shared/database/conservation.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { eventually } from './testing/eventually.ts';
import { runCommand } from './testing/run-command.ts';
import { startWholeSystem, type WholeSystem } from './testing/whole-system.ts';

const SCENARIO = fakeScenarioSchema.parse({
  faults: [{ kind: 'collapse-parallel-calls', when: { systemLacks: 'one at a time' } }],
});
const READ_FILE: Anthropic.Tool = {
  name: 'read_file',
  description: 'Read a file',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

describe('the loop, in real processes', () => {
  let provider: FakeProvider;
  let system: WholeSystem;
  let client: Anthropic;

  beforeAll(async () => {
    provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(SCENARIO).script });
    const price = { input: 1, output: 2 };
    system = await startWholeSystem({
      providers: {
        swift: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private', apiKey: `\${TEST_API_KEY}` },
      },
      models: [
        { id: 'swift-1', provider: 'swift', price },
        { id: 'swift-2', provider: 'swift', price },
      ],
      routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'swift-1', weight: 1 }] }],
      governance: { session: { idle: '1s' }, rollout: { watermark: '1s' } },
      optimizer: { controllerInterval: '500ms', minClusterSessions: 1 },
    });
    client = new Anthropic({ apiKey: 'anything on loopback', baseURL: system.gatewayUrl, maxRetries: 0 });
  });
  afterAll(async () => {
    await system?.stop();
    await provider?.close();
  });

  const ask = (sessionId: string, text: string) =>
    client.messages
      .create(
        { model: 'claude-sonnet-5', max_tokens: 500, tools: [READ_FILE], messages: [{ role: 'user', content: text }] },
        { headers: { 'x-claude-code-session-id': sessionId } },
      )
      .withResponse();
  const control = async (path: string): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${system.token}` };
    const response = await fetch(`${system.controlUrl}/api/v1/${path}`, { headers });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };

  it('takes one call all the way round: answered, stored, scored, clustered', async () => {
    const text = 'Read both.\ncall read_file {"path":"a.ts"}\ncall read_file {"path":"b.ts"}';
    const { data: message, response } = await ask('session-1', text);
    const callId = response.headers.get('x-trimtab-call-id') ?? '';
    expect(message.stop_reason).toBe('tool_use');
    const call = await eventually('the call is stored', async () => {
      const row = await system.database.selectFrom('call').selectAll().where('callId', '=', callId).executeTakeFirst();
      return row ?? null;
    });
    expect(call).toMatchObject({ sessionId: 'session-1', provider: 'swift', responseModel: 'swift-1', status: 'ok' });
    const failed = await eventually('the call is scored', async () => {
      const { items } = await control(`scores?callId=${callId}&outcome=fail`);
      const rows = items as { scorer: string; owner: string }[];
      return rows.some((row) => row.scorer === 'parallel_collapsed') ? rows : null;
    });
    expect(failed.find((row) => row.scorer === 'parallel_collapsed')?.owner).toBe('provider');
    const cluster = await eventually('the failure is clustered', async () => {
      const { items } = await control('clusters');
      const rows = items as { title: string; check: string }[];
      return rows.find((row) => row.check === 'parallel_collapsed') ?? null;
    });
    expect(cluster.title).toMatch(/parallel/i);
  });

  it('activates a policy by command, serves it within a second, and rolls it back by command', async () => {
    const before = await readPointer(system.database, 'default');
    const v1 = await findPolicy(system.database, 'default', 'v1');
    const route = v1.body.routes[0]!;
    await proposePolicy(system.database, {
      projectId: 'default',
      body: { ...v1.body, routes: [{ ...route, targets: [{ model: 'swift-2', weight: 10_000 }] }] },
      parentId: v1.policyId,
      author: 'human:test',
      reason: 'try the other model',
      evidence: {},
      risk: 'model',
    });
    const activated = await runCommand(['policies', 'activate', 'v2', '--json'], system.environment);
    expect(activated.exitCode).toBe(0);
    const epoch = (JSON.parse(activated.stdout) as { epoch: number }).epoch;
    expect(epoch).toBeGreaterThan(before!.epoch);
    await eventually('v2 serves', async () =>
      (await ask(`v2-${Math.random()}`, 'hello')).data.model === 'swift-2' ? true : null,
    );
    const back = await runCommand(['policies', 'rollback', '--reason', 'enough', '--json'], system.environment);
    expect(back.exitCode).toBe(0);
    expect(JSON.parse(back.stdout)).toMatchObject({ stable: v1.policyId, slot: 'stable' });
    await eventually('v1 serves again', async () =>
      (await ask(`v1-${Math.random()}`, 'hello')).data.model === 'swift-1' ? true : null,
    );
    const { items } = await control('audit');
    expect((items as { action: string }[]).map((event) => event.action)).toEqual(
      expect.arrayContaining(['policy.activated', 'policy.rolled_back']),
    );
  });

  it('accounts for every call: the conservation equation balances with nothing lost', async () => {
    const settled = await eventually('every call is scored', async () => {
      const numbers = await readConservation(system.database, 'default');
      return numbers.pending === 0 && numbers.answered >= 3 ? numbers : null;
    });
    expect(settled).toMatchObject({ balances: true, lostBeforeDurable: 0, dropped: 0, deadLettered: 0 });
    expect(settled.scored).toBe(settled.answered);
  });
});
