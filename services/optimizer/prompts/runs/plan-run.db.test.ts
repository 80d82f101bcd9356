import { beforeAll, expect, it } from 'vitest';
import { readFixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import { readReplayableCalls } from '#shared/database/prompts/replayable-calls.ts';
import { SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import { storeTraffic } from './testing/search-fixture.ts';

const PROJECT = 'shop';
const { owner, optimizer } = await openOptimizerStore();

beforeAll(async () => {
  await seedProject(owner, PROJECT, { prefixes: 'propose' });
  await storeTraffic(owner, { project: PROJECT, failing: 12, passing: 12, nowMs: Date.now() });
});

it('a search takes what people have kept for its cluster before anything newer, and nothing twice', async () => {
  const { clusterId } = await owner.selectFrom('failureCluster').select('clusterId').executeTakeFirstOrThrow();
  const cell = { clusterId, turnShape: SHAPE, model: 'steady' };
  const window = { since: new Date(Date.now() - 86_400_000), asOf: new Date(), failingMax: 4, passingMax: 4 };
  const all = await readReplayableCalls(optimizer, PROJECT, cell, { ...window, failingMax: 100, passingMax: 100 });
  const oldest = (isFailing: boolean) => all.filter(({ failing }) => failing === isFailing).at(-1)!;
  const kept = [oldest(true), oldest(false)];
  const before = await readReplayableCalls(optimizer, PROJECT, cell, window);
  for (const { callId } of kept) expect(before.map((call) => call.callId)).not.toContain(callId);

  const entry = { projectId: PROJECT, replaySet: 'night', clusterId, addedBy: 'ada' };
  // The newest failing call is among the others as well.
  const calls = [...kept, before[0]!];
  await owner
    .insertInto('replaySetCall')
    .values(calls.map(({ callId }) => ({ ...entry, callId })))
    .execute();
  const after = await readReplayableCalls(optimizer, PROJECT, cell, window);
  const ids = after.map((call) => call.callId);
  expect(new Set(ids.slice(0, 3))).toEqual(new Set(calls.map(({ callId }) => callId)));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids)).toEqual(new Set([...before.map(({ callId }) => callId), ...kept.map(({ callId }) => callId)]));
});

it('a cell has the shape by which its sessions are routed, whatever shapes the failing turns have', async () => {
  const { clusterId } = await owner.selectFrom('failureCluster').select('clusterId').executeTakeFirstOrThrow();
  const window = { since: new Date(Date.now() - 86_400_000), asOf: new Date(), minSessions: 1, clusterId };
  const before = await readFixableFailures(optimizer, PROJECT, window);
  expect(before).toMatchObject([{ turnShape: SHAPE, calls: expect.any(Number) }]);
  const cell = { clusterId, turnShape: SHAPE, model: 'steady' };
  const some = { ...window, failingMax: 100, passingMax: 100 };
  const replayable = await readReplayableCalls(optimizer, PROJECT, cell, some);
  const turnShape = '64k-multi-followup';
  await owner.updateTable('call').set({ turnShape }).where('projectId', '=', PROJECT).execute();
  await owner.updateTable('failureEvent').set({ turnShape }).where('projectId', '=', PROJECT).execute();
  expect(await readFixableFailures(optimizer, PROJECT, window)).toEqual(before);
  expect(await readReplayableCalls(optimizer, PROJECT, cell, some)).toEqual(replayable);
  expect(await readReplayableCalls(optimizer, PROJECT, { ...cell, turnShape }, some)).toEqual([]);
});
