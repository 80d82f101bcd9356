import { describe, expect, it } from 'vitest';
import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { readCluster } from '#shared/database/clusters/read-cluster.ts';
import { readExamples } from '#shared/database/clusters/read-examples.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { insertCall, insertFailure, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { openControllerStore } from './testing/controller-fixture.ts';

const store = await openControllerStore();
const { owner: admin, optimizer } = store;

describe('clustering', () => {
  it('turns failing scores into one cluster per signature, once enough sessions met it', async () => {
    const project = 'clusters';
    await seedProject(admin, project);
    const explanation = (path: string) =>
      formatExplanation({ expectedVsActual: 'calls 2+ -> 1', detail: `the upstream sent more calls, see ${path}` });
    const now = Date.now();
    const fail = async (index: number, sessionId: string, path: string, provider = 'openai') => {
      const callId = await insertCall(admin, {
        project,
        index,
        sessionId,
        startedAt: new Date(now - 60_000 + index),
        provider,
      });
      const failure = { project, callId, scorer: 'parallel_collapsed', owner: 'gateway' };
      await insertFailure(admin, { ...failure, explanation: explanation(path) });
      return callId;
    };
    await fail(1, 'a', '/tmp/run-1/trace.json');
    const controller = store.controllerOf(project, now);
    expect((await controller.tick()).clustering).toEqual({ recorded: 1, opened: 0 });
    expect(await listClusters(optimizer, project, { limit: 10 })).toEqual([]);

    const second = await fail(2, 'b', '/home/dev/x.json');
    const clientCall = await insertCall(admin, {
      project,
      index: 3,
      sessionId: 'c',
      startedAt: new Date(now - 50_000),
    });
    await insertFailure(admin, {
      project,
      callId: clientCall,
      scorer: 'unknown_tool',
      owner: 'client',
      explanation: 'x',
    });
    expect((await controller.tick()).clustering).toEqual({ recorded: 1, opened: 1 });
    const [cluster] = await listClusters(optimizer, project, { limit: 10 });
    expect(cluster).toMatchObject({
      title: `Parallel tool calls collapsed into one: calls 2+ -> 1 (${SHAPE})`,
      ...{ stage: 'outbound_translate', check: 'parallel_collapsed', status: 'new' },
      ...{ prefixFixable: false, eventCount: 2, sessionCount: 2 },
    });
    const detail = await readCluster(optimizer, project, cluster!.clusterId);
    expect(detail?.dimensions).toContainEqual(
      expect.objectContaining({ dimension: 'provider', value: 'openai', events: 2 }),
    );
    expect(await readExamples(optimizer, project, cluster!.clusterId)).toContainEqual(
      expect.objectContaining({ role: 'newest', callId: second }),
    );

    // Restarted, and looked at by another optimizer at the same time, nothing is counted twice.
    await fail(4, 'd', '/etc/other');
    await Promise.all([store.controllerOf(project, now).tick(), store.controllerOf(project, now).tick()]);
    const after = await listClusters(optimizer, project, { limit: 10 });
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ clusterId: cluster!.clusterId, eventCount: 3, sessionCount: 3 });
  });

  it('takes a backlog larger than one batch, and never a replay', async () => {
    const project = 'backlog';
    await seedProject(admin, project);
    const now = Date.now();
    for (let index = 0; index < 230; index += 1) {
      const source = index < 220 ? 'gateway' : 'replay';
      const call = { project, index, sessionId: `s${index % 7}`, startedAt: new Date(now - 60_000 + index), source };
      const callId = await insertCall(admin, call);
      const explanation = formatExplanation({ expectedVsActual: 'json valid -> invalid', detail: `char ${index}` });
      await insertFailure(admin, { project, callId, scorer: 'args_malformed_json', owner: 'provider', explanation });
    }
    expect((await store.controllerOf(project, now).tick()).clustering).toEqual({ recorded: 220, opened: 1 });
    const [cluster] = await listClusters(optimizer, project, { limit: 10 });
    expect(cluster).toMatchObject({ eventCount: 220, sessionCount: 7, prefixFixable: true, stage: 'tool_use' });
  });
});
