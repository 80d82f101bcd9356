import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import { createRedisServer, findRedisServer, type RedisServer } from '#shared/testing/redis-server.ts';
import { eventually } from './testing/eventually.ts';
import { startWholeSystem, type WholeSystem } from './testing/whole-system.ts';

const PRODUCER = fileURLToPath(new URL('./testing/foreign-producer.mjs', import.meta.url));
const QUEUE = 'foreign-calls';
/** Four calls, of which each is delivered twice. */
const CALLS = 4;
const redisProgram = findRedisServer(process.env);

interface SeenPolicies {
  readonly epoch: number;
  readonly routes: readonly { readonly targets: readonly { readonly model: string }[] }[];
}

describe.skipIf(!redisProgram.available)('a gateway of another maker, with nothing but a Redis of its own', () => {
  let redis: RedisServer;
  let system: WholeSystem;
  let producer: ChildProcess;
  const said: unknown[] = [];

  beforeAll(async () => {
    if (!redisProgram.available) return;
    redis = await createRedisServer(redisProgram.program);
    await redis.start();
    const price = { input: 1, output: 2 };
    system = await startWholeSystem({
      providers: { swift: { format: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', network: 'private' } },
      models: [
        { id: 'swift-1', provider: 'swift', price },
        { id: 'swift-2', provider: 'swift', price },
      ],
      routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'swift-1', weight: 1 }] }],
      ingest: [{ redis: redis.url, queue: QUEUE }],
      optimizer: { controllerInterval: '500ms', minClusterSessions: 1 },
    });
    producer = spawn(process.execPath, [PRODUCER, redis.url, QUEUE, system.controlUrl, system.token], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: producer.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      said.push(JSON.parse(line)),
    );
  });
  afterAll(async () => {
    producer?.kill('SIGKILL');
    await system?.stop();
    await redis?.dispose();
  });

  const control = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${system.controlUrl}/api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${system.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };
  const seen = () => said.filter((message): message is SeenPolicies => Object.hasOwn(message as object, 'epoch'));

  it('has each of its calls stored once, scored, and its failures clustered', async () => {
    const calls = await eventually('the calls are stored', async () => {
      const rows = await system.database.selectFrom('call').selectAll().where('source', '=', 'hook').execute();
      return rows.length >= CALLS ? rows : null;
    });
    expect(calls).toHaveLength(CALLS);
    expect(calls[0]).toMatchObject({ provider: 'swift', responseModel: 'swift-1', clientFormat: 'openai-chat' });
    const cluster = await eventually('their failures are clustered', async () => {
      const { items } = await control('clusters');
      const rows = items as { check: string; eventCount: number }[];
      return rows.find((row) => row.check === 'unknown_tool' && row.eventCount === CALLS) ?? null;
    });
    expect(cluster).toMatchObject({ sessionCount: CALLS });
    expect(await control(`scores?callId=${calls[0]?.callId}&outcome=fail`)).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ scorer: 'unknown_tool', owner: 'provider' })]),
    });
  });

  it('gets the weights back, and the new ones when they change', async () => {
    const first = await eventually('the policy arrives', async () => seen()[0] ?? null);
    expect(first.routes[0]?.targets).toEqual([expect.objectContaining({ model: 'swift-1', weight: 10_000 })]);
    const { body, policyId } = await findPolicy(system.database, 'default', 'v1');
    const { id, match, fallbacks, exploration } = body.routes[0]!;
    const targets = [
      { model: 'swift-1', weight: 4_000 },
      { model: 'swift-2', weight: 6_000 },
    ];
    const { policy } = await proposePolicy(system.database, {
      projectId: 'default',
      parentId: policyId,
      body: { ...body, routes: [{ id, match, targets, fallbacks, exploration }] },
      author: 'human:ada',
      reason: 'shift the load',
      evidence: {},
      risk: 'model',
    });
    await control(`policies/${policy.policyId}/activate`, { reason: 'as agreed' });
    const next = await eventually(
      'the new policy arrives',
      async () => seen().find(({ epoch }) => epoch > first.epoch) ?? null,
    );
    expect(next.routes[0]?.targets).toHaveLength(2);
  });

  it('loses nothing when it is stopped', async () => {
    producer.kill('SIGTERM');
    const [code] = await once(producer, 'exit');
    expect(code).toBe(0);
    expect(said.at(-1)).toEqual({ waiting: 0, sent: 2 * CALLS, dropped: 0 });
  });
});
