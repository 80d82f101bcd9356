import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import { createLog } from '#shared/log.ts';
import { createPolicyClient } from './policy-client.ts';

function policiesAt(epoch: number, change: Partial<ActivePolicies> = {}): ActivePolicies {
  const body = { schema: 1 as const, turnShapeVersion: 1, routes: [], safeDefault: 'a' };
  return {
    projectId: 'shop',
    epoch,
    salt: 'salt',
    stable: { policyId: `policy-${epoch}`, number: 1, body },
    canary: null,
    rollout: null,
    explorationShare: 0,
    revoked: [],
    prefixes: {},
    models: [{ id: 'a', provider: 'p', aliases: [], price: { input: 1, output: 1 } }],
    governanceVersion: 1,
    paused: false,
    ...change,
  };
}

describe('createPolicyClient', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trimtab-policies-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const copyPath = () => join(folder, 'deep', 'policies.json');
  const clientOf = (read: () => Promise<ActivePolicies | null>) =>
    createPolicyClient(
      { read, log: createLog('test', 'silent'), now: Date.now },
      { projectId: 'shop', copyPath: copyPath() },
    );
  const down = async (): Promise<never> => {
    throw new Error('connection refused');
  };

  it('starts from the store, and keeps a copy that only its owner may read', async () => {
    await clientOf(async () => policiesAt(3)).start();
    expect(JSON.parse(await readFile(copyPath(), 'utf8'))).toEqual(policiesAt(3));
    expect((await stat(copyPath())).mode & 0o077).toBe(0);
  });

  it('starts from the copy when the store is down, and takes the store over when it is back', async () => {
    await clientOf(async () => policiesAt(3)).start();
    let read: () => Promise<ActivePolicies | null> = down;
    const client = clientOf(() => read());
    await client.start();
    expect([client.current().epoch, client.status().source]).toEqual([3, 'copy']);
    read = async () => policiesAt(4);
    await client.refresh();
    expect([client.current().epoch, client.status()]).toEqual([
      4,
      expect.objectContaining({ source: 'store', lastError: null }),
    ]);
  });

  it.each([
    ['is broken', '{"projectId":"shop","epoch":'],
    ['is not a policy', '{"projectId":"shop","epoch":5}'],
    ['belongs to another project', JSON.stringify(policiesAt(5, { projectId: 'other' }))],
  ])('refuses to start without a store when the copy %s', async (_how, text) => {
    await clientOf(async () => policiesAt(1)).start();
    await writeFile(copyPath(), text);
    await expect(clientOf(down).start()).rejects.toMatchObject({
      code: 'not_configured',
      message: expect.stringMatching(/routes:/),
    });
  });

  it('refuses to start when there is no policy anywhere', async () => {
    await expect(clientOf(async () => null).start()).rejects.toMatchObject({ code: 'not_configured' });
  });

  it('never goes back to a lower epoch, and says that it was offered one', async () => {
    let offered = policiesAt(7);
    const client = clientOf(async () => offered);
    await client.start();
    offered = policiesAt(6);
    await client.refresh();
    expect(client.current().epoch).toBe(7);
    expect(client.status().lastError).toMatch(/epoch 6, older than 7/);
    expect(JSON.parse(await readFile(copyPath(), 'utf8'))).toEqual(policiesAt(7));
  });

  it('takes a changed allow-list of the same epoch over', async () => {
    let offered = policiesAt(7);
    const client = clientOf(async () => offered);
    await client.start();
    offered = policiesAt(7, { models: [] });
    await client.refresh();
    expect(client.current().models).toEqual([]);
  });

  it('keeps what it has while the store is down', async () => {
    let read: () => Promise<ActivePolicies | null> = async () => policiesAt(2);
    const client = clientOf(() => read());
    await client.start();
    read = down;
    await client.refresh();
    expect(client.current().epoch).toBe(2);
    expect(client.status().lastError).toBe('connection refused');
  });

  it('reads once more when it is told of a change while it reads', async () => {
    const gate = Promise.withResolvers<ActivePolicies>();
    const reads: number[] = [];
    const client = clientOf(() => {
      reads.push(reads.length);
      return reads.length === 2 ? gate.promise : Promise.resolve(policiesAt(reads.length));
    });
    await client.start();
    const first = client.refresh();
    const second = client.refresh();
    gate.resolve(policiesAt(2));
    await Promise.all([first, second]);
    expect(reads).toHaveLength(3);
    expect(client.current().epoch).toBe(3);
  });
});
