import { describe, expect, it } from 'vitest';
import { listClusterChanges } from '#shared/database/clusters/change-store.ts';
import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { readCluster } from '#shared/database/clusters/read-cluster.ts';
import { splitCluster } from '#shared/database/clusters/split-cluster.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { insertCall, insertFailure, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createFailureClustering } from '../cluster-failures.ts';
import type { Embedder } from '../clustering/embedders/embedder.ts';
import { openOptimizerStore } from '../testing/optimizer-store.ts';
import { applyClusterChange } from './recluster.ts';

const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const { owner: admin, optimizer } = await openOptimizerStore();
let index = 0;

/** Texts with the same one of these words are the same failure. */
function embedderBy(version: string, words: readonly string[]): Embedder {
  return {
    ...{ id: 'scripted', version, thresholds: { attach: 0.9, tentative: 0.8 } },
    embed: async (texts) => texts.map((text) => Float32Array.from(words.map((word) => (text.includes(word) ? 1 : 0)))),
  };
}
const APART = embedderBy('1', ['red', 'blue']);
const ALIKE = embedderBy('2', ['light']);

async function fail(project: string, sessionId: string, detail: string, atMs = NOW_MS - 60_000): Promise<void> {
  index += 1;
  const callId = await insertCall(admin, { project, index, sessionId, startedAt: new Date(atMs + index) });
  const explanation = formatExplanation({ expectedVsActual: '', detail });
  const failure = { project, callId, scorer: 'missing_required', owner: 'provider', explanation };
  await insertFailure(admin, { ...failure, createdAt: new Date(atMs + index) });
}

function clusteringOf(project: string, embedder: Embedder, applyLargeChanges = false) {
  const deps = { database: optimizer, now: () => NOW_MS, embedder, actor: 'optimizer:test' };
  return createFailureClustering(deps, { projectId: project, minClusterSessions: 2, applyLargeChanges });
}

async function twoLights(project: string): Promise<readonly [red: string, blue: string]> {
  await seedProject(admin, project);
  for (const sessionId of ['a', 'b', 'c']) await fail(project, sessionId, 'a red light');
  await clusteringOf(project, APART).run();
  for (const sessionId of ['x', 'y']) await fail(project, sessionId, 'a blue light');
  await clusteringOf(project, APART).run();
  const [red, blue] = await standing(project);
  expect([red?.eventCount, blue?.eventCount]).toEqual([3, 2]);
  return [red!.clusterId, blue!.clusterId];
}

const standing = (project: string) => listClusters(admin, project, { limit: 20, sort: 'events' });
const decide = (project: string, changeId: string) =>
  applyClusterChange(
    { database: optimizer, now: () => NOW_MS, actor: 'human:ann' },
    { projectId: project, minClusterSessions: 2, minClusterEvents: 2 },
    { changeId, reason: 'it is one' },
  );

describe('a night that would move more than it may', () => {
  it('proposes, changes nothing, and is carried out by a person once', async () => {
    const project = 'proposed';
    const [red, blue] = await twoLights(project);
    const report = await clusteringOf(project, ALIKE).runNightly(crypto.randomUUID());
    expect(report?.movedShare).toBeCloseTo(0.4);
    expect((await standing(project)).map(({ clusterId }) => clusterId)).toEqual([red, blue]);
    const [change] = await listClusterChanges(admin, project, 10);
    expect(change).toMatchObject({ status: 'proposed', changeId: report?.proposed });
    const told = await admin
      .selectFrom('webhookEvent')
      .select('type')
      .where('subject', '=', change!.changeId)
      .execute();
    expect(told).toEqual([{ type: 'cluster.change_proposed' }]);
    expect(await decide(project, change!.changeId)).toMatchObject({ merges: 1, splits: 0, opened: [] });
    expect(await standing(project)).toMatchObject([{ clusterId: red, eventCount: 5, sessionCount: 5 }]);
    expect(await readCluster(admin, project, blue)).toMatchObject({
      clusterId: red,
      lineage: [{ operation: 'merge', parentId: blue, childId: red, actor: 'human:ann' }],
    });
    await expect(decide(project, change!.changeId)).rejects.toThrow('does not wait');
  });

  it('is superseded by the next night', async () => {
    const project = 'superseded';
    await twoLights(project);
    for (let night = 0; night < 2; night += 1) await clusteringOf(project, ALIKE).runNightly(crypto.randomUUID());
    expect((await listClusterChanges(admin, project, 10)).map(({ status }) => status).sort()).toEqual([
      'proposed',
      'superseded',
    ]);
  });

  it('is not carried out against what people decided since', async () => {
    const project = 'pinned';
    const [red] = await twoLights(project);
    for (const sessionId of ['d', 'e']) await fail(project, sessionId, 'another red light');
    await clusteringOf(project, APART).run();
    const { proposed } = (await clusteringOf(project, ALIKE).runNightly(crypto.randomUUID()))!;
    const { templates } = (await readCluster(admin, project, red))!;
    const change = { projectId: project, actor: 'human:ann', reason: '', minSessions: 2 };
    const templateIds = templates
      .filter(({ template }) => template.includes('another'))
      .map(({ templateId }) => templateId);
    await splitCluster(optimizer, change, { clusterId: red, templateIds, name: null });
    await expect(decide(project, proposed!)).rejects.toThrow('since');
  });
});

describe('an embedder that does not answer', () => {
  it('keeps no failure from its cluster once it answers again', async () => {
    const project = 'embedder-down';
    await seedProject(admin, project);
    let isDown = true;
    const embedder: Embedder = {
      ...APART,
      embed: (texts) => (isDown ? Promise.reject(new Error('the server is down')) : APART.embed(texts)),
    };
    const clustering = clusteringOf(project, embedder);
    expect(await clustering.run()).toEqual({ recorded: 0, opened: 0 });
    for (const sessionId of ['a', 'b']) await fail(project, sessionId, 'a red light');
    await expect(clustering.run()).rejects.toThrow('is down');
    isDown = false;
    expect(await clustering.run()).toEqual({ recorded: 0, opened: 1 });
    expect(await standing(project)).toMatchObject([{ eventCount: 2, sessionCount: 2 }]);
  });
});

describe('a night that may change everything', () => {
  it('takes along what a merged cluster holds of times before the window', async () => {
    const project = 'old';
    await seedProject(admin, project);
    for (const sessionId of ['o', 'p']) await fail(project, sessionId, 'an old blue light', NOW_MS - 40 * DAY_MS);
    for (const sessionId of ['a', 'b', 'c']) await fail(project, sessionId, 'a red light');
    for (const sessionId of ['x', 'y']) await fail(project, sessionId, 'a blue light');
    // The first look goes back a week; an earlier process has recorded what is older.
    const deps = { database: optimizer, now: () => NOW_MS - 39 * DAY_MS, embedder: APART };
    await createFailureClustering(deps, { projectId: project, minClusterSessions: 2 }).run();
    await clusteringOf(project, APART).run();
    const before = await standing(project);
    expect(before.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(7);
    const report = await clusteringOf(project, ALIKE, true).runNightly(crypto.randomUUID());
    expect(report?.applied).toMatchObject({ merges: 1 });
    expect(await standing(project)).toMatchObject([{ eventCount: 7, sessionCount: 7 }]);
  });
});
