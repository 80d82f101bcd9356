import { describe, expect, it } from 'vitest';
import { listAudit } from '#shared/database/audit-log.ts';
import { changeClusterStatus } from '#shared/database/clusters/change-status.ts';
import { listClusterCalls } from '#shared/database/clusters/cluster-calls.ts';
import { readSparklines } from '#shared/database/clusters/cluster-sparklines.ts';
import { renameCluster } from '#shared/database/clusters/edit-cluster.ts';
import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { mergeClusters } from '#shared/database/clusters/merge-clusters.ts';
import { readCluster } from '#shared/database/clusters/read-cluster.ts';
import { splitCluster } from '#shared/database/clusters/split-cluster.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import type { Llm, StructuredRequest } from '#shared/llm/llm.ts';
import { insertCall, insertFailure, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createFailureClustering } from './cluster-failures.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const HOUR_MS = 3_600_000;
/** On the hour, so that a test does not depend on when it runs. */
const NOW_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

const { owner: admin, optimizer } = await openOptimizerStore();
let index = 0;

interface Traffic {
  readonly project: string;
  readonly sessionId: string;
  readonly atMs: number;
  readonly provider?: string;
  /** What failed; a call without one succeeded. */
  readonly failure?: { readonly scorer?: string; readonly difference?: string; readonly detail: string };
}

async function send({ project, sessionId, atMs, provider = 'openai', failure }: Traffic): Promise<string> {
  index += 1;
  const callId = await insertCall(admin, { project, index, sessionId, provider, startedAt: new Date(atMs) });
  if (failure === undefined) return callId;
  const { scorer = 'missing_required', difference = 'argument given -> missing', detail } = failure;
  const explanation = formatExplanation({ expectedVsActual: difference, detail });
  await insertFailure(admin, { project, callId, scorer, owner: 'provider', explanation, createdAt: new Date(atMs) });
  return callId;
}

const clusteringOf = (projectId: string, nowMs: number, more: { readonly namer?: Llm } = {}) =>
  createFailureClustering(
    { database: optimizer, now: () => nowMs, actor: 'optimizer:test', ...more },
    { projectId, minClusterSessions: 2, applyLargeChanges: true },
  );
const PATH_MISSING = { detail: 'a call of read_file lacks the required path' };
const QUOTA_EXCEEDED = { difference: 'answer -> quota', detail: 'the monthly quota of this account is used up' };
const CHANGE = { actor: 'human:ann', reason: 'the same' };

async function standing(projectId: string) {
  return await listClusters(optimizer, projectId, { limit: 50, sort: 'events' });
}

async function sentWebhooks(projectId: string): Promise<readonly string[]> {
  const rows = await admin
    .selectFrom('webhookEvent')
    .select('type')
    .where('projectId', '=', projectId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ type }) => type);
}

describe('new failures', () => {
  it('are a cluster once enough sessions met it, whichever words they vary, and people are told of it', async () => {
    const project = 'fresh';
    await seedProject(admin, project);
    const tick = () => clusteringOf(project, NOW_MS).run();
    await send({ project, sessionId: 'a', atMs: NOW_MS - 3_000, failure: PATH_MISSING });
    expect(await tick()).toEqual({ recorded: 1, opened: 0 });
    expect(await standing(project)).toEqual([]);
    // Another template, near enough to be the same failure.
    const near = { detail: 'a call of read_file lacks the required path here' };
    await send({ project, sessionId: 'b', atMs: NOW_MS - 2_000, failure: near });
    expect(await tick()).toEqual({ recorded: 1, opened: 1 });
    const [cluster] = await standing(project);
    expect(cluster).toMatchObject({ eventCount: 2, sessionCount: 2, status: 'new', severity: 'fatal' });
    expect(await sentWebhooks(project)).toEqual(['cluster.new']);
    // What is known joins at once, from one session.
    await send({ project, sessionId: 'c', atMs: NOW_MS - 1_000, failure: PATH_MISSING });
    expect(await tick()).toEqual({ recorded: 1, opened: 0 });
    expect(await standing(project)).toMatchObject([{ clusterId: cluster?.clusterId, eventCount: 3, sessionCount: 3 }]);
    const detail = await readCluster(optimizer, project, cluster!.clusterId);
    expect(detail?.dimensions).toContainEqual(
      expect.objectContaining({ dimension: 'tool', value: 'read_file', events: 3 }),
    );
  });

  it('are counted by hour, and once by two optimizers', async () => {
    const project = 'hours';
    await seedProject(admin, project);
    for (const [sessionId, hoursAgo] of [
      ['a', 3],
      ['b', 3],
      ['a', 1],
      ['c', 0],
    ] as const) {
      await send({ project, sessionId, atMs: NOW_MS - hoursAgo * HOUR_MS, failure: PATH_MISSING });
    }
    await Promise.all([clusteringOf(project, NOW_MS).run(), clusteringOf(project, NOW_MS).run()]);
    const [cluster] = await standing(project);
    expect(cluster).toMatchObject({ eventCount: 4, sessionCount: 3, recentCount: 4 });
    const options = { clusterIds: [cluster!.clusterId], hours: 4, now: new Date(NOW_MS) };
    const lines = await readSparklines(optimizer, project, options);
    expect(lines.get(cluster!.clusterId)).toEqual([2, 0, 1, 1]);
    const first = await listClusterCalls(optimizer, project, cluster!.clusterId, { limit: 2 });
    const { happenedAt, callId, scorer } = first[1]!;
    const before = { happenedAt, callId, scorer };
    const rest = await listClusterCalls(optimizer, project, cluster!.clusterId, { limit: 5, before });
    expect([...first, ...rest].map(({ sessionId }) => sessionId)).toEqual(['c', 'a', 'b', 'a']);
  });

  it('stay in their project', async () => {
    for (const project of ['tenant-1', 'tenant-2']) {
      await seedProject(admin, project);
      for (const sessionId of ['a', 'b']) {
        await send({ project, sessionId: `${project}-${sessionId}`, atMs: NOW_MS - 1_000, failure: PATH_MISSING });
      }
      await clusteringOf(project, NOW_MS).run();
    }
    const [[one], [two]] = [await standing('tenant-1'), await standing('tenant-2')];
    expect(one!.clusterId).not.toBe(two!.clusterId);
    expect(await readCluster(optimizer, 'tenant-2', one!.clusterId)).toBeNull();
    expect(await listClusterCalls(optimizer, 'tenant-2', one!.clusterId, { limit: 10 })).toEqual([]);
  });
});

async function twoClusters(project: string) {
  await seedProject(admin, project);
  for (const sessionId of ['a', 'b', 'c']) {
    await send({ project, sessionId, atMs: NOW_MS - 3_000, failure: PATH_MISSING });
  }
  for (const sessionId of ['x', 'y']) {
    await send({ project, sessionId, atMs: NOW_MS - 2_000, failure: QUOTA_EXCEEDED });
  }
  await clusteringOf(project, NOW_MS).run();
  const [path, quota] = await standing(project);
  return { path: path!, quota: quota! };
}

describe("people's word", () => {
  it('merges clusters for good: the night keeps it, and the old id leads on', async () => {
    const project = 'merge';
    const { path, quota } = await twoClusters(project);
    expect(path).toMatchObject({ eventCount: 3, sessionCount: 3 });
    await mergeClusters(
      optimizer,
      { projectId: project, ...CHANGE },
      { into: path.clusterId, clusterIds: [quota.clusterId] },
    );
    const merged = { clusterId: path.clusterId, eventCount: 5, sessionCount: 5 };
    expect(await standing(project)).toMatchObject([merged]);
    await clusteringOf(project, NOW_MS).runNightly(crypto.randomUUID());
    expect(await standing(project)).toMatchObject([merged]);
    const detail = await readCluster(optimizer, project, quota.clusterId);
    expect(detail).toMatchObject({
      clusterId: path.clusterId,
      lineage: [{ operation: 'merge', parentId: quota.clusterId, childId: path.clusterId, eventCount: 2 }],
    });
    const [event] = await listAudit(optimizer, project, { limit: 1, actions: ['cluster.merged'] });
    expect(event).toMatchObject({ actor: 'human:ann', subject: path.clusterId, reason: 'the same' });
    // What is merged can be split again, and the later word holds.
    const leaving = detail!.templates.filter(({ template }) => template.includes('quota'));
    const opened = await splitCluster(
      optimizer,
      { projectId: project, ...CHANGE, minSessions: 2 },
      { clusterId: path.clusterId, templateIds: leaving.map(({ templateId }) => templateId), name: 'Quota' },
    );
    await clusteringOf(project, NOW_MS).runNightly(crypto.randomUUID());
    expect(await standing(project)).toMatchObject([
      { clusterId: path.clusterId, eventCount: 3, sessionCount: 3 },
      { clusterId: opened, eventCount: 2, sessionCount: 2, title: 'Quota' },
    ]);
  });

  it('splits a cluster exactly, and refuses a part that would show one session', async () => {
    const project = 'split';
    await seedProject(admin, project);
    const near = { detail: 'a call of read_file lacks the required path here' };
    for (const sessionId of ['a', 'b']) {
      await send({ project, sessionId, atMs: NOW_MS - 3_000, failure: PATH_MISSING });
      await send({ project, sessionId, atMs: NOW_MS - 2_000, failure: near });
    }
    const alone = { detail: 'a call of read_file lacks the required path there' };
    await send({ project, sessionId: 'a', atMs: NOW_MS - 1_000, failure: alone });
    await clusteringOf(project, NOW_MS).run();
    const [cluster] = await standing(project);
    expect(cluster).toMatchObject({ eventCount: 5, sessionCount: 2 });
    const { templates } = (await readCluster(optimizer, project, cluster!.clusterId))!;
    const idOf = (word: string) => templates.find(({ template }) => template.endsWith(word))!.templateId;
    const change = { projectId: project, ...CHANGE, minSessions: 2 };
    const split = (templateIds: string[]) =>
      splitCluster(optimizer, change, { clusterId: cluster!.clusterId, templateIds, name: null });
    await expect(split([idOf('there')])).rejects.toThrow('only 1 sessions');
    const opened = await split([idOf('here')]);
    await clusteringOf(project, NOW_MS).runNightly(crypto.randomUUID());
    expect(await standing(project)).toMatchObject([
      { clusterId: cluster!.clusterId, eventCount: 3, sessionCount: 2 },
      { clusterId: opened, eventCount: 2, sessionCount: 2 },
    ]);
  });

  it('names a cluster, and neither night nor model names it again', async () => {
    const project = 'named';
    const { path } = await twoClusters(project);
    await renameCluster(optimizer, { projectId: project, ...CHANGE }, path.clusterId, 'Path forgotten');
    const clustering = clusteringOf(project, NOW_MS, { namer: namerOf('Something else') });
    await clustering.runNightly(crypto.randomUUID());
    await clustering.idle();
    const [first, second] = await standing(project);
    expect(first).toMatchObject({ title: 'Path forgotten', slug: path.slug });
    expect(second?.title).toBe('Something else');
  });
});

function namerOf(name: string, asked: StructuredRequest[] = []): Llm {
  return {
    ...{ model: 'namer', provider: 'test', estimateCostUsd: () => 0 },
    async completeStructured(request) {
      asked.push(request);
      const usage = { inputTokens: 1, cacheReadInputTokens: 0, outputTokens: 1 };
      return {
        ok: true,
        value: { name, rubric: 'as it says', layer: 'model' },
        text: '',
        usage,
        costUsd: 0,
        model: 'namer',
      };
    },
  };
}

describe('the night', () => {
  it('keeps every id while nothing changes, and asks for each name once', async () => {
    const project = 'nights';
    const { path, quota } = await twoClusters(project);
    const asked: StructuredRequest[] = [];
    const clustering = clusteringOf(project, NOW_MS, { namer: namerOf('A name', asked) });
    for (let night = 0; night < 3; night += 1) {
      const report = await clustering.runNightly(crypto.randomUUID());
      expect(report).toMatchObject({ templates: 2, clusters: 2, movedShare: 0, proposed: null });
      await clustering.idle();
    }
    expect(asked).toHaveLength(2);
    expect((await standing(project)).map(({ clusterId }) => clusterId)).toEqual([path.clusterId, quota.clusterId]);
  });
});

describe('the life of a cluster', () => {
  it('escalates by proof, is resolved, leaks, and regresses by proof', async () => {
    const project = 'life';
    await seedProject(admin, project);
    // A quiet week: twenty calls an hour of which one a day fails; then six sessions within an hour.
    for (let hour = 8 * 24; hour > 0; hour -= 1) {
      const atMs = NOW_MS - hour * HOUR_MS;
      const failure = hour % 24 === 0 ? { failure: PATH_MISSING } : {};
      await send({ project, sessionId: `quiet-${hour}`, atMs, ...failure });
      for (let call = 0; call < 4; call += 1) await send({ project, sessionId: `fine-${hour}-${call}`, atMs });
    }
    const look = (nowMs: number) => clusteringOf(project, nowMs).run();
    await look(NOW_MS - 60_000);
    const [cluster] = await standing(project);
    expect(cluster).toMatchObject({ status: 'new', trend: 'steady' });
    for (let session = 0; session < 8; session += 1) {
      await send({ project, sessionId: `burst-${session}`, atMs: NOW_MS + session, failure: PATH_MISSING });
    }
    await look(NOW_MS + 60_000);
    expect((await standing(project))[0]).toMatchObject({ status: 'escalating', trend: 'rising' });
    const resolvedAt = NOW_MS + 2 * HOUR_MS;
    await changeClusterStatus(optimizer, project, cluster!.clusterId, {
      ...{ status: 'resolved', reason: 'new prefix', actor: 'human:ann', rate: 0.02, now: new Date(resolvedAt) },
    });
    await send({ project, sessionId: 'stray', atMs: resolvedAt + 60_000, failure: PATH_MISSING });
    await look(resolvedAt + 120_000);
    expect((await standing(project))[0]?.status).toBe('resolved');
    for (let session = 0; session < 4; session += 1) {
      const atMs = resolvedAt + 180_000 + session;
      await send({ project, sessionId: `back-${session}`, atMs, failure: PATH_MISSING });
    }
    await look(resolvedAt + 240_000);
    expect((await standing(project))[0]?.status).toBe('regressed');
    expect(await sentWebhooks(project)).toEqual(['cluster.new', 'cluster.escalating', 'cluster.regressed']);
    const events = await listAudit(optimizer, project, { limit: 10, actions: ['cluster.status_changed'] });
    expect(events.map(({ details }) => details['to'])).toEqual(['regressed', 'resolved', 'escalating']);
  });

  it('says in its title where it happens, when that is proven', async () => {
    const project = 'places';
    await seedProject(admin, project);
    for (let session = 0; session < 120; session += 1) {
      const provider = session % 2 === 0 ? 'azure' : 'openai';
      const failing = provider === 'azure' && session % 3 === 0 ? { failure: PATH_MISSING } : {};
      await send({ project, provider, sessionId: `s-${session}`, atMs: NOW_MS - HOUR_MS + session, ...failing });
    }
    await clusteringOf(project, NOW_MS).run();
    const [cluster] = await standing(project);
    expect(cluster?.title).toMatch(/ on provider azure$/);
    const detail = await readCluster(optimizer, project, cluster!.clusterId);
    expect(detail?.attribution).toMatchObject([{ dimension: 'provider', value: 'azure', failingSessions: 20 }]);
    expect(detail?.dimensions).toContainEqual(
      expect.objectContaining({ dimension: 'provider', value: 'azure', events: 20, calls: 60, rate: 20 / 60 }),
    );
  });
});
