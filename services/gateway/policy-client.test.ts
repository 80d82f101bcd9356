import { describe, expect, it } from 'vitest';
import { createLog } from '#shared/log.ts';
import { createPolicyClient } from './policy-client.ts';

describe('createPolicyClient', () => {
  it('reads again after a reading that never ends', async () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return reads === 1 ? new Promise<never>(() => undefined) : Promise.resolve(null);
    };
    const options = { projectId: 'p', copyPath: '/nonexistent/policies.json', readDeadlineMs: 20 };
    const client = createPolicyClient({ read, log: createLog('test', 'silent'), now: Date.now }, options);
    await client.refresh();
    expect(client.status().lastError).toMatch(/no answer in 20 ms/);
    await client.refresh();
    expect([reads, client.status().lastError]).toEqual([2, 'project p has no active policy yet']);
  });

  it('writes its copy again after a disk that did not take it', async () => {
    const body = { schema: 1 as const, turnShapeVersion: 1, routes: [], safeDefault: 'a' };
    const stable = { policyId: 'policy', number: 1, body };
    const rest = { canary: null, rollout: null, explorationShare: 0, revoked: [], prefixes: {}, models: [] };
    const active = { projectId: 'p', epoch: 7, salt: 'salt', stable, ...rest, governanceVersion: 1, paused: false };
    const written: string[] = [];
    let isFull = true;
    const copy = {
      read: async () => null,
      async write(text: string) {
        if (isFull) throw new Error('ENOSPC');
        written.push(text);
      },
    };
    const deps = { read: async () => active, log: createLog('test', 'silent'), now: Date.now, copy };
    const client = createPolicyClient(deps, { projectId: 'p', copyPath: '' });
    await client.refresh();
    expect([client.current().epoch, client.status().lastError]).toEqual([7, 'ENOSPC']);
    isFull = false;
    await client.refresh();
    await client.refresh();
    expect(written).toEqual([JSON.stringify(active)]);
    expect(client.status().lastError).toBeNull();
  });
});
