import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observeRatio, UNCALIBRATED } from '../domain/token-calibration.ts';
import { seedProject } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { jsonText } from './columns.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { listModelTokens, readTokenCalibrations, writeTokenCalibrations } from './token-calibration-store.ts';

const PROJECT = 'tokens';
let store: TestDatabase;
let owner: Database;
let gateway: Database;
let optimizer: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  const { connectionString } = store;
  owner = createDatabase(createPool({ connectionString, role: 'owner' }));
  gateway = createDatabase(createPool({ connectionString, role: 'gateway' }));
  optimizer = createDatabase(createPool({ connectionString, role: 'optimizer' }));
  await seedProject(owner, PROJECT, { weights: 'automatic' });
});
afterAll(async () => {
  await Promise.all([owner.destroy(), gateway.destroy(), optimizer.destroy()]);
  await store.drop();
});

const learned = (reported: number) => ({ ...UNCALIBRATED, prompt: observeRatio(UNCALIBRATED.prompt, reported, 1_000) });
const row = (model: string, reported: number, at: number) => ({
  ...{ provider: 'vllm', model, calibration: learned(reported), updatedAt: new Date(at) },
});

describe('what gateways learned of token counts', () => {
  it('is kept per gateway, the newest in place of the older', async () => {
    await writeTokenCalibrations(gateway, { projectId: PROJECT, gatewayId: 'a' }, [row('qwen', 1_100, 1_000)]);
    await writeTokenCalibrations(gateway, { projectId: PROJECT, gatewayId: 'a' }, [row('qwen', 1_200, 2_000)]);
    await writeTokenCalibrations(gateway, { projectId: PROJECT, gatewayId: 'b' }, [row('qwen', 1_400, 3_000)]);
    await writeTokenCalibrations(gateway, { projectId: 'other', gatewayId: 'b' }, [row('qwen', 3_000, 3_000)]);
    await writeTokenCalibrations(gateway, { projectId: PROJECT, gatewayId: 'b' }, []);
    expect(await readTokenCalibrations(gateway, PROJECT)).toEqual([
      { ...row('qwen', 1_400, 3_000), gatewayId: 'b' },
      { ...row('qwen', 1_200, 2_000), gatewayId: 'a' },
    ]);
  });

  it('is passed over where another version wrote it in another form', async () => {
    await gateway
      .insertInto('tokenCalibration')
      .values({ projectId: PROJECT, gatewayId: 'old', provider: 'vllm', model: 'odd', state: jsonText({ a: 1 }) })
      .execute();
    expect((await readTokenCalibrations(gateway, PROJECT)).map(({ gatewayId }) => gatewayId)).toEqual(['b', 'a']);
  });

  it('is summed up over gateways, beside the models of which nothing is known', async () => {
    const models = await listModelTokens(optimizer, PROJECT);
    const qwen = models.find(({ model }) => model === 'qwen');
    expect(qwen).toMatchObject({ provider: 'vllm', gateways: 2, updatedAt: new Date(3_000) });
    expect(qwen?.prompt).toEqual({ seen: 2, median: 1.2, factor: 1.4 });
    expect(qwen?.growth).toEqual({ seen: 0, median: null, factor: 1 });
    expect(models.filter(({ gateways }) => gateways === 0).length).toBeGreaterThan(0);
  });
});
