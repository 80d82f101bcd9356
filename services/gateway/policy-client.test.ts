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
});
