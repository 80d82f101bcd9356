import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seedProject } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { listAudit, verifyAuditChain } from './audit-log.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { readSessionCells } from './estimation-store.ts';
import { noteServedModel } from './served-model-store.ts';

const PROJECT = 'served';
const HOUR = 3_600_000;
const START = Date.parse('2026-05-04T00:00:00Z');
let store: TestDatabase;
let owner: Database;
let evaluator: Database;
let optimizer: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  const { connectionString } = store;
  owner = createDatabase(createPool({ connectionString, role: 'owner' }));
  evaluator = createDatabase(createPool({ connectionString, role: 'evaluator' }));
  optimizer = createDatabase(createPool({ connectionString, role: 'optimizer' }));
  await seedProject(owner, PROJECT, { weights: 'automatic' });
});
afterAll(async () => {
  await Promise.all([owner.destroy(), evaluator.destroy(), optimizer.destroy()]);
  await store.drop();
});
beforeEach(async () => {
  await owner.deleteFrom('servedModel').execute();
});

/** @param hour hours after the start */
const note = (served: string, hour: number, fingerprint = '', model = 'gpt-5-mini') =>
  noteServedModel(
    evaluator,
    {
      ...{ projectId: PROJECT, provider: 'openai', model, served, fingerprint },
      ...{ servedAt: new Date(START + hour * HOUR), callId: '01970000-0000-7000-8000-000000000001' },
    },
    'evaluator:test',
  );
const changes = async () =>
  (await listAudit(evaluator, PROJECT, { limit: 100, actions: ['model.served_differs'] })).length;

describe('what upstreams say that they served', () => {
  it('is no change where an alias is answered under its dated name, however often', async () => {
    const before = await changes();
    for (let hour = 0; hour < 5; hour += 1) expect(await note('gpt-5-mini-2025-08-07', hour)).toBeNull();
    expect(await changes()).toBe(before);
  });

  it('is a change, an event and nothing more than once, where another dated name comes', async () => {
    const before = await changes();
    await note('gpt-5-mini-2025-08-07', 0);
    expect(await note('gpt-5-mini-2026-01-15', 5)).toEqual({
      servedBefore: 'gpt-5-mini-2025-08-07',
      fingerprintBefore: '',
    });
    expect(await note('gpt-5-mini-2026-01-15', 6)).toBeNull();
    expect(await changes()).toBe(before + 1);
    expect(await verifyAuditChain(evaluator, PROJECT)).toMatchObject({ valid: true });
  });

  it('is a change where the name stays and the build is another', async () => {
    await note('gpt-5-mini-2025-08-07', 0, 'fp_1');
    expect(await note('gpt-5-mini-2025-08-07', 1, 'fp_2')).toEqual({
      servedBefore: 'gpt-5-mini-2025-08-07',
      fingerprintBefore: 'fp_1',
    });
  });

  it('is no change where two builds serve side by side, and one where an old one comes back after days', async () => {
    await note('a', 0, 'fp_1');
    await note('a', 1, 'fp_2');
    expect(await note('a', 2, 'fp_1')).toBeNull();
    expect(await note('a', 3, 'fp_2')).toBeNull();
    expect(await note('a', 60, 'fp_2')).toBeNull();
    expect(await note('a', 61, 'fp_1')).toEqual({ servedBefore: 'a', fingerprintBefore: 'fp_2' });
  });

  it('is no change for a model that was idle for days and goes on as it was', async () => {
    await note('a', 0);
    await note('b', 1);
    await note('b', 2);
    expect(await note('b', 200)).toBeNull();
  });

  it('is no change where a call from before comes in late, or another model is asked for', async () => {
    await note('a', 10);
    expect(await note('older', 5)).toBeNull();
    expect(await note('c', 11, '', 'gpt-5-nano')).toBeNull();
  });

  it('is one change only, when many calls of the new build come in at once', async () => {
    await note('a', 0);
    const noted = await Promise.all(Array.from({ length: 8 }, () => note('b', 1)));
    expect(noted.filter((change) => change !== null)).toHaveLength(1);
  });

  it('cuts off what was observed of the model before, and of no other model', async () => {
    const session = (sessionId: string, model: string, hour: number, quality: number) => {
      const startedAt = new Date(START + hour * HOUR);
      return {
        ...{ projectId: PROJECT, sessionId, source: 'metadata', model, quality, turnShape: 't1', startedAt },
        ...{ lastCallAt: startedAt, closedAt: startedAt, qualityAt: startedAt },
        ...{ firstCallId: crypto.randomUUID(), lastCallId: crypto.randomUUID() },
      };
    };
    await owner
      .insertInto('session')
      .values([
        session('old', 'gpt-5-mini', 1, 1),
        session('new', 'gpt-5-mini', 9, 0.25),
        session('other', 'gpt-5-nano', 1, 0.5),
      ])
      .execute();
    const read = async () => {
      const cells = await readSessionCells(optimizer, PROJECT, {
        since: new Date(START),
        asOf: new Date(START + 20 * HOUR),
        sessionsPerCellMax: 100,
      });
      return Object.fromEntries(cells.map(({ model, sessions }) => [model, sessions.map(({ quality }) => quality)]));
    };
    await note('a', 0);
    expect(await read()).toEqual({ 'gpt-5-mini': [1, 0.25], 'gpt-5-nano': [0.5] });
    await note('b', 5);
    expect(await read()).toEqual({ 'gpt-5-mini': [0.25], 'gpt-5-nano': [0.5] });
    // A run that is resumed sees what it saw before.
    await note('c', 30);
    expect(await read()).toEqual({ 'gpt-5-mini': [0.25], 'gpt-5-nano': [0.5] });
  });
});
