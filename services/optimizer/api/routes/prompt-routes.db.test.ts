import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPromptRun } from '#shared/database/prompt-run-store.ts';
import { SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { PROMPT_OPTIMIZERS } from '../../prompts/registry.ts';
import { advanceRun } from '../../prompts/runs/advance-run.ts';
import { scriptedReplays, scriptedTeacher, storeTraffic } from '../../prompts/runs/testing/search-fixture.ts';
import { createOptimizerServer } from '../../server.ts';
import { CYCLE_OPTIONS } from '../../testing/cycle-fixture.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import { serverDepsOf } from '../../testing/server-deps.ts';

const PROJECT = 'shop';
const OPTIMIZERS = new Map(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer]));
const { owner } = await openOptimizerStore();
let server: FastifyInstance;
let woken = 0;

beforeAll(async () => {
  await seedProject(owner, PROJECT, { prefixes: 'propose' });
  await storeTraffic(owner, { project: PROJECT, failing: 36, passing: 30, nowMs: Date.now() });
  const deps = serverDepsOf({
    ...{ database: owner, projectId: PROJECT },
    tokens: {
      callerOf: (token) => (token === 'operator' || token === 'viewer' ? { name: `${token} ada`, role: token } : null),
    },
    searches: {
      optimizers: OPTIMIZERS,
      options: { ...CYCLE_OPTIONS, promptOptimizer: 'random-search', replayCalls: 60, teacherName: 'openai/teacher-1' },
    },
    wake: () => {
      woken += 1;
    },
  });
  server = createOptimizerServer(deps);
});
afterAll(async () => {
  await server.close();
});

async function call(method: 'GET' | 'POST', url: string, body?: object, token = 'operator') {
  const reply = await server.inject({
    ...{ method, url, headers: { authorization: `Bearer ${token}` } },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, value: reply.json() as Record<string, unknown> };
}

describe('searches over the API', () => {
  it('are planned without a trace on a dry run, and refused with the reason', async () => {
    const dry = await call('POST', '/api/v1/prompt-runs', { cluster: 'merged-calls', dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      value: { optimizer: 'random-search', promptRunId: null, plan: { budgetUsd: 5 } },
    });
    expect((await call('GET', '/api/v1/prompt-runs')).value).toEqual({ items: [], nextCursor: null });
    const poor = await call('POST', '/api/v1/prompt-runs', { cluster: 'merged-calls', budgetUsd: 0.001 });
    expect(poor).toMatchObject({ status: 400, value: { details: { reason: 'budget_too_small' } } });
    expect((await call('POST', '/api/v1/prompt-runs', { cluster: 'merged-calls' }, 'viewer')).status).toBe(403);
    expect(woken).toBe(0);
  });

  it('are begun, worked on, and shown with candidates, expenses, replays and lineage', async () => {
    const begun = await call('POST', '/api/v1/prompt-runs', {
      cluster: 'merged-calls',
      budgetUsd: 5,
      turnShape: SHAPE,
    });
    expect(begun).toMatchObject({ status: 202, value: { promptRunId: expect.any(String) } });
    expect(woken).toBe(1);
    const promptRunId = String(begun.value['promptRunId']);
    const run = (await readPromptRun(owner, PROJECT, promptRunId))!;
    await advanceRun(
      {
        ...{ database: owner, now: Date.now, teacher: scriptedTeacher(), replays: scriptedReplays(owner) },
        ...{ optimizers: OPTIMIZERS, wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(5, ms))) },
      },
      run,
      { signal: new AbortController().signal, patienceMs: 30_000 },
    );
    const shown = await call('GET', `/api/v1/prompt-runs/${promptRunId}`, undefined, 'viewer');
    expect(shown.value).toMatchObject({
      status: 'accepted',
      result: { accepted: true, reason: 'improved' },
      candidates: expect.arrayContaining([expect.objectContaining({ position: 0, operator: 'seed' })]),
      expenses: expect.arrayContaining([expect.objectContaining({ kind: 'teacher' })]),
    });
    const lineage = await call('GET', `/api/v1/prefixes/${String(shown.value['candidatePrefixId'])}`);
    expect(lineage.value).toMatchObject({ steps: [{ origins: [{ promptRunId, optimizer: 'random-search' }] }] });
    const first = await call('GET', `/api/v1/replays?promptRunId=${promptRunId}&limit=5`);
    expect((first.value['items'] as unknown[]).length).toBe(5);
    const next = await call(
      'GET',
      `/api/v1/replays?promptRunId=${promptRunId}&limit=5&cursor=${String(first.value['nextCursor'])}`,
    );
    const ids = [
      ...(first.value['items'] as { replayId: string }[]),
      ...(next.value['items'] as { replayId: string }[]),
    ];
    expect(new Set(ids.map((each) => each.replayId)).size).toBe(10);
    expect((await call('POST', `/api/v1/prompt-runs/${promptRunId}/cancel`, {})).status).toBe(409);
  });

  it('are cancelled before their next step', async () => {
    const begun = await call('POST', '/api/v1/prompt-runs', { cluster: 'merged-calls' });
    const cancelled = await call('POST', `/api/v1/prompt-runs/${String(begun.value['promptRunId'])}/cancel`, {});
    expect(cancelled).toMatchObject({ status: 200, value: { status: 'running', cancelledBy: 'human:operator ada' } });
  });
});
