import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '#shared/database/audit-log.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { insertCall, insertFailure, seedProject } from '#shared/testing/optimizer-fixture.ts';
import {
  createTrimtabClient,
  TrimtabApiError,
  type TrimtabClient,
} from '../../../../clients/typescript/trimtab-client.ts';
import { createFailureClustering } from '../../cluster-failures.ts';
import { createOptimizerServer } from '../../server.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import { serverDepsOf } from '../../testing/server-deps.ts';
import { addToken, readAccessTokens } from '../token-file.ts';

const PROJECT = 'cluster-api';
const NOW_MS = Date.now();
const FAILURES = {
  path: { scorer: 'missing_required', detail: 'a call of read_file lacks the required path', severity: 'fatal' },
  quota: { scorer: 'refusal_or_empty', detail: 'the model refuses without a reason', severity: 'error' },
  slow: { scorer: 'redundant_read', detail: 'what was read before is read again', severity: 'warning' },
} as const;

const { owner, optimizer: database } = await openOptimizerStore();
let server: FastifyInstance;
let dataDir: string;
let operator: TrimtabClient;
let viewer: TrimtabClient;
let seed: string;
let index = 0;

beforeAll(async () => {
  seed = await seedProject(owner, PROJECT);
  for (const sessionId of ['a', 'b', 'c', 'd']) await fail('path', sessionId, 'openai');
  for (const sessionId of ['a', 'b', 'e']) await fail('quota', sessionId, 'azure');
  for (const sessionId of ['a', 'b']) await fail('slow', sessionId, 'openai');
  await createFailureClustering({ database, now: () => NOW_MS }, { projectId: PROJECT, minClusterSessions: 2 }).run();
  dataDir = await mkdtemp(join(tmpdir(), 'trimtab-cluster-api-'));
  const tokens = { ann: await addToken(dataDir, 'ann', 'operator'), wall: await addToken(dataDir, 'wall', 'viewer') };
  const tokensOfFile = await readAccessTokens(dataDir, undefined);
  const clustering = { now: () => NOW_MS, minClusterSessions: 2 };
  server = createOptimizerServer(serverDepsOf({ database, projectId: PROJECT, tokens: tokensOfFile, ...clustering }));
  await server.listen({ host: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  operator = createTrimtabClient({ baseUrl, token: tokens.ann });
  viewer = createTrimtabClient({ baseUrl, token: tokens.wall });
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function fail(kind: keyof typeof FAILURES, sessionId: string, provider: string): Promise<void> {
  index += 1;
  const startedAt = new Date(NOW_MS - 600_000 + index);
  const callId = await insertCall(owner, { project: PROJECT, index, sessionId, provider, startedAt });
  const { scorer, detail, severity } = FAILURES[kind];
  const explanation = formatExplanation({ expectedVsActual: kind, detail });
  await insertFailure(owner, { project: PROJECT, callId, scorer, owner: 'provider', explanation });
  await owner.updateTable('score').set({ severity }).where('callId', '=', callId).execute();
}

type ListQuery = NonNullable<Parameters<typeof viewer.call<'getApiV1Clusters'>>[1]>['query'];
const list = (query: ListQuery = {}) => viewer.call('getApiV1Clusters', { query });
const idOf = async (check: string) => (await list()).items.find((item) => item.check === check)!.clusterId;
const checksOf = async (query: ListQuery) => (await list(query)).items.map(({ check }) => check);

describe('the list of clusters', () => {
  it('has counts per status and failures per hour', async () => {
    const { items, counts, nextCursor } = await list({ sort: 'events' });
    expect(items.map(({ check, eventCount, severity }) => [check, eventCount, severity])).toEqual([
      ['missing_required', 4, 'fatal'],
      ['refusal_or_empty', 3, 'error'],
      ['redundant_read', 2, 'warning'],
    ]);
    expect(counts).toEqual({ new: 3 });
    expect(nextCursor).toBeNull();
    expect(items[0]!.sparkline).toHaveLength(24);
    expect(items[0]!.sparkline.reduce((sum, events) => sum + events, 0)).toBe(4);
  });

  it('is filtered by status, provider, model, tool, since, trend and severity', async () => {
    expect(await checksOf({ provider: 'azure' })).toEqual(['refusal_or_empty']);
    expect(await checksOf({ provider: 'azure', since: new Date(NOW_MS).toISOString() })).toEqual([]);
    expect(await checksOf({ tool: 'read_file' })).toEqual(['missing_required']);
    expect(await checksOf({ severity: 'warning,info' })).toEqual(['redundant_read']);
    expect(await checksOf({ severity: 'fatal', model: 'steady' })).toEqual(['missing_required']);
    expect(await checksOf({ status: 'ongoing' })).toEqual([]);
    expect(await checksOf({ trend: 'new', status: 'new,ongoing' })).toHaveLength(3);
    expect(await checksOf({ trend: 'rising' })).toEqual([]);
  });

  it.each(['lastSeen', 'firstSeen', 'events', 'sessions', 'recent', 'rate', 'severity'] as const)(
    'is paged in the order of %s without losing or repeating one',
    async (sort) => {
      const whole = (await list({ sort })).items.map(({ clusterId }) => clusterId);
      const paged: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list({
          sort,
          limit: 1,
          ...(cursor === null ? {} : { cursor }),
        });
        paged.push(...page.items.map(({ clusterId }) => clusterId));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(paged).toEqual(whole);
      expect(paged).toHaveLength(3);
    },
  );

  it('refuses a cursor of another order', async () => {
    const { nextCursor } = await list({ sort: 'events', limit: 1 });
    await expect(list({ sort: 'lastSeen', cursor: nextCursor! })).rejects.toMatchObject({ status: 400 });
  });
});

describe('a cluster', () => {
  it('is shown with where it lives, its examples and the policies it was met under', async () => {
    const clusterId = await idOf('refusal_or_empty');
    const cluster = await viewer.call('getApiV1ClustersClusterId', { path: { clusterId } });
    expect(cluster).toMatchObject({ eventCount: 3, sessionCount: 3, status: 'new', nameSource: 'keywords' });
    expect(cluster.dimensions).toContainEqual(
      expect.objectContaining({ dimension: 'provider', value: 'azure', events: 3, calls: 3, rate: 1 }),
    );
    expect(cluster.examples.map(({ role }) => role)).toContain('medoid');
    const { items } = await viewer.call('getApiV1ClustersClusterIdCalls', { path: { clusterId }, query: { limit: 2 } });
    expect(items.map(({ sessionId }) => sessionId)).toEqual(['e', 'b']);
  });

  it('is not there for too few sessions, nor in another project', async () => {
    const clusterId = await idOf('redundant_read');
    await owner.updateTable('failureCluster').set({ sessionCount: 1 }).where('clusterId', '=', clusterId).execute();
    const asked = viewer.call('getApiV1ClustersClusterId', { path: { clusterId } });
    await expect(asked).rejects.toMatchObject({ status: 404, code: 'not_found' });
    const calls = viewer.call('getApiV1ClustersClusterIdCalls', { path: { clusterId } });
    await expect(calls).rejects.toBeInstanceOf(TrimtabApiError);
    expect(await checksOf({})).not.toContain('redundant_read');
    await owner.updateTable('failureCluster').set({ sessionCount: 2 }).where('clusterId', '=', clusterId).execute();
  });
});

describe('people', () => {
  it('assign, label, comment, rename, resolve, ignore and take up again, each with an audit event', async () => {
    const clusterId = await idOf('missing_required');
    const path = { clusterId };
    const reason = 'in the stand-up';
    await operator.call('postApiV1ClustersClusterIdAssign', { path, body: { assignee: 'ann', reason } });
    await operator.call('postApiV1ClustersClusterIdLabels', { path, body: { add: ['azure', 'p1'], reason } });
    const labelled = await operator.call('postApiV1ClustersClusterIdLabels', { path, body: { remove: ['p1'] } });
    expect(labelled).toMatchObject({ assignee: 'ann', labels: ['azure'] });
    await operator.call('postApiV1ClustersClusterIdComments', { path, body: { body: 'The vendor knows.' } });
    expect((await operator.call('getApiV1ClustersClusterId', { path })).comments).toMatchObject([
      { author: 'human:ann', body: 'The vendor knows.' },
    ]);
    expect((await viewer.call('getApiV1ClustersClusterId', { path })).comments).toEqual([]);
    const resolved = await operator.call('postApiV1ClustersClusterIdResolve', {
      path,
      body: { policyId: seed, reason },
    });
    expect(resolved.status).toBe('resolved');
    expect(await operator.call('getApiV1ClustersClusterId', { path })).toMatchObject({ resolvedByPolicy: seed });
    for (const [id, status] of [
      ['postApiV1ClustersClusterIdIgnore', 'ignored'],
      ['postApiV1ClustersClusterIdArchive', 'archived'],
      ['postApiV1ClustersClusterIdReopen', 'ongoing'],
    ] as const) {
      expect((await operator.call(id, { path, body: { reason } })).status).toBe(status);
    }
    await operator.call('postApiV1ClustersClusterIdClaims', { path, body: { policyId: seed, kind: 'routing' } });
    const claimed = await operator.call('getApiV1ClustersClusterId', { path });
    expect(claimed.claims).toMatchObject([{ policyId: seed, kind: 'routing', claimedBy: 'human:ann' }]);
    const renamed = await operator.call('postApiV1ClustersClusterIdRename', { path, body: { name: 'No path' } });
    expect(renamed.title).toBe('No path');
    const { items } = await viewer.call('getApiV1Audit', { query: { limit: 50 } });
    const done = items.filter(({ subject }) => subject === clusterId).map(({ action, actor }) => `${action} ${actor}`);
    expect(new Set(done)).toEqual(
      new Set(
        ['assigned', 'labelled', 'commented', 'status_changed', 'claimed', 'renamed'].map(
          (each) => `cluster.${each} human:ann`,
        ),
      ),
    );
    expect(await verifyAuditChain(owner, PROJECT)).toMatchObject({ valid: true });
  });

  it('keep failures of a cluster for replaying, and nothing else', async () => {
    const path = { clusterId: await idOf('refusal_or_empty') };
    const other = { clusterId: await idOf('missing_required') };
    const callsOf = async (of: typeof path) =>
      (await viewer.call('getApiV1ClustersClusterIdCalls', { path: of })).items.map(({ callId }) => callId);
    const keep = (callIds: string[]) =>
      operator.call('postApiV1ClustersClusterIdReplaySet', { path, body: { replaySet: 'night', callIds } });
    expect(await keep(await callsOf(path))).toEqual({ replaySet: 'night', added: 3 });
    expect(await keep(await callsOf(path))).toEqual({ replaySet: 'night', added: 0 });
    await expect(keep(await callsOf(other))).rejects.toMatchObject({ status: 404 });
  });

  it('merge clusters, whose old ids go on to lead there', async () => {
    const [into, from] = [await idOf('missing_required'), await idOf('refusal_or_empty')];
    const merged = await operator.call('postApiV1ClustersClusterIdMerge', {
      ...{ path: { clusterId: into }, body: { clusterIds: [from], reason: 'one defect' } },
    });
    expect(merged).toMatchObject({ clusterId: into, eventCount: 7, sessionCount: 5, severity: 'fatal' });
    const old = await operator.call('getApiV1ClustersClusterId', { path: { clusterId: from } });
    expect(old).toMatchObject({ clusterId: into, lineage: [{ operation: 'merge', parentId: from }] });
    const again = operator.call('postApiV1ClustersClusterIdMerge', {
      ...{ path: { clusterId: into }, body: { clusterIds: [from] } },
    });
    await expect(again).rejects.toMatchObject({ status: 409 });
    const leaving = old.templates.filter(
      ({ turnShape, expectedVsActual }) => turnShape !== '' && expectedVsActual === 'quota',
    );
    const split = await operator.call('postApiV1ClustersClusterIdSplit', {
      path: { clusterId: into },
      body: { templateIds: leaving.map(({ templateId }) => templateId), name: 'Refusals' },
    });
    expect(split).toMatchObject({ title: 'Refusals', eventCount: 3, sessionCount: 3 });
  });

  it('may not, who only look', async () => {
    const asked = viewer.call('postApiV1ClustersClusterIdIgnore', {
      path: { clusterId: await idOf('missing_required') },
      body: {},
    });
    await expect(asked).rejects.toMatchObject({ status: 403 });
  });
});
