import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCallRecord } from '../../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { createCallStore } from '../call-store.ts';
import { createDatabase, createPool, type Database } from '../connect.ts';
import { readConservation, writeSpoolCounts } from '../conservation.ts';
import { loadCall } from '../load-call.ts';
import { recordScoring } from '../score-store.ts';
import { expireWeeks, overdueWeeks, readRetentionState } from './expire-weeks.ts';

const PROJECT = 'default';
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);

describe('retention', () => {
  let testDatabase: TestDatabase;
  let owner: Database;
  let optimizer: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { connectionString } = testDatabase;
    owner = createDatabase(createPool({ connectionString, role: 'owner' }));
    optimizer = createDatabase(createPool({ connectionString, role: 'optimizer' }));
    for (const projectId of [PROJECT, 'neighbour'])
      await owner
        .insertInto('project')
        .values({ projectId, blockKey: Buffer.alloc(32, 1) })
        .execute();
  });
  afterAll(async () => {
    await owner.destroy();
    await optimizer.destroy();
    await testDatabase.drop();
  });

  const callOf = (startedAt: number, projectId = PROJECT) =>
    sampleCallRecord({ call: { startedAt, projectId, sessionId: `at ${startedAt}` } });
  const score = async ({ call }: ReturnType<typeof callOf>) => {
    const bits = { passed: Buffer.alloc(1), notApplicable: Buffer.alloc(1) };
    const { projectId, callId } = call;
    await recordScoring(owner, { projectId, callId, scorerSet: 'v', pass: 'call', ...bits, final: true }, []);
  };
  const counts = { projectId: PROJECT, gatewayId: 'g', spoolId: 's', dropped: 0, lostBeforeDurable: 0, pending: 0 };

  it('drops what was said before what was done, keeps what is not scored, and accounts for every call', async () => {
    const store = createCallStore(owner);
    const old = callOf(NOW - 200 * DAY_MS);
    const unscored = callOf(NOW - 220 * DAY_MS);
    const middle = callOf(NOW - 60 * DAY_MS);
    const young = callOf(NOW - 5 * DAY_MS);
    const all = [old, unscored, middle, young];
    await store.store(all);
    await writeSpoolCounts(owner, { ...counts, delivered: all.length, spoolBytes: 0 }, all.length);
    for (const call of [old, middle, young]) await score(call);
    const keep = { contentMs: 30 * DAY_MS, callsMs: 180 * DAY_MS };
    const done = await expireWeeks(optimizer, PROJECT, keep, NOW);
    expect(done.map(({ what, outcome }) => `${what} ${outcome}`)).toEqual([
      'calls unscored',
      'calls dropped',
      'content dropped',
    ]);
    expect(await loadCall(owner, PROJECT, old.call.callId)).toBeNull();
    expect((await loadCall(owner, PROJECT, unscored.call.callId))?.request).toEqual(unscored.request);
    expect(await loadCall(owner, PROJECT, middle.call.callId)).toMatchObject({
      call: { callId: middle.call.callId },
      request: null,
      response: null,
      isContentExpired: true,
    });
    expect((await loadCall(owner, PROJECT, young.call.callId))?.request).toEqual(young.request);
    expect(await owner.selectFrom('session').select('sessionId').execute()).toHaveLength(3);
    expect(await readConservation(owner, PROJECT)).toMatchObject({
      balances: true,
      answered: 4,
      expired: 1,
      scored: 2,
    });
    expect(await readRetentionState(owner, PROJECT)).toMatchObject({ contentWeeks: 2, callWeeks: 1 });
    // A week that is gone is made again for who comes late, in a process that had made it before.
    const late = callOf(NOW - 200 * DAY_MS + 1_000);
    await store.store([late]);
    expect((await loadCall(owner, PROJECT, late.call.callId))?.request).toEqual(late.request);
  });

  it('leaves the calls of other projects alone', async () => {
    const store = createCallStore(owner);
    const [mine, theirs] = [callOf(NOW - 300 * DAY_MS), callOf(NOW - 300 * DAY_MS, 'neighbour')];
    await store.store([mine, theirs]);
    await score(mine);
    const keep = { contentMs: 30 * DAY_MS, callsMs: 180 * DAY_MS };
    await expireWeeks(optimizer, PROJECT, keep, NOW);
    expect(await loadCall(owner, PROJECT, mine.call.callId)).toBeNull();
    expect((await loadCall(owner, 'neighbour', theirs.call.callId))?.request).toEqual(theirs.request);
  });

  it('takes no week that is young, whatever it is told', async () => {
    const recent = callOf(Date.now());
    await createCallStore(owner).store([recent]);
    await score(recent);
    const done = await expireWeeks(optimizer, PROJECT, { contentMs: 0, callsMs: 0 }, Date.now() + 20 * DAY_MS);
    expect(done.at(-1)).toMatchObject({ outcome: 'young' });
    expect(await loadCall(owner, PROJECT, recent.call.callId)).not.toBeNull();
  });

  it('drops nothing that is to be kept for ever', () => {
    const week = { week: '2020-01-06', hasContent: true, hasCalls: true };
    expect(overdueWeeks([week], { contentMs: null, callsMs: null }, NOW)).toEqual([]);
    expect(overdueWeeks([week], { contentMs: 1, callsMs: null }, NOW)).toEqual([{ week: week.week, what: 'content' }]);
  });
});
