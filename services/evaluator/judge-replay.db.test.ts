import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '#shared/config/config-schema.ts';
import { configSchema } from '#shared/config/config-schema.ts';
import { createReplays, readReplay } from '#shared/database/replay-store.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { type ReplayDeps, replayCall, type SendReplay } from './replay-call.ts';
import { openAiReply, toolUse } from './scorers/cases/scorer-case.ts';
import { SCORER_SET_VERSION } from './scorers/registry.ts';
import {
  agentSession,
  type EvaluatorFixture,
  openEvaluatorFixture,
  panelOf,
  readRows,
} from './testing/evaluator-fixture.ts';

const MODEL: ModelConfig = { id: 'gpt-5-mini', provider: 'openai', aliases: [], price: { input: 1, output: 2 } };
const NEVER = new AbortController().signal;

let fixture: EvaluatorFixture;
let judge: FakeJudge;
let callId: string;
let sent = 0;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
  judge = await startFakeJudge();
  const records = agentSession('to be judged', [{ calls: [{ input: { file_path: 'a' } }] }]);
  callId = records[0]?.call.callId ?? '';
  await fixture.calls.store(records);
});
afterAll(async () => {
  await judge.close();
  await fixture.close();
});

const send: SendReplay = async () => {
  sent += 1;
  return {
    ok: true,
    message: { role: 'assistant', content: [toolUse({ input: { file_path: 'a' } }, 0)], stop_reason: 'tool_use' },
    losses: [],
    raw: openAiReply([{ name: 'Read', arguments: '{"file_path":"a"}' }]),
    ...{ upstreamFormat: 'openai-chat', durationMs: 12, inputTokens: 100, outputTokens: 10, costUsd: 0.00012 },
  };
};

function depsWith(baseUrl: string, dailyBudgetUsd = 20): ReplayDeps {
  const providers = { local: { format: 'openai-chat', baseUrl, network: 'private' } };
  const provider = resolveProvider('local', configSchema.parse({ providers }));
  const options = { provider, model: 'judge-1', price: { input: 1, output: 2 }, maxRetries: 0 };
  const panel = panelOf([{ llm: createLlm({ fetch: createGuardedFetch('private') }, options), dailyBudgetUsd }]);
  return { ...fixture.deps, panel, models: new Map([[MODEL.id, MODEL]]), send };
}

async function create(replayId: string, rubric: string | null = 'tool_use') {
  const replay = { projectId: 'default', promptRunId: null, callId, model: MODEL.id, prefixId: null, sample: 0 };
  await createReplays(fixture.deps.database, [{ ...replay, replayId, scorerSet: SCORER_SET_VERSION, rubric }]);
  return { projectId: 'default', replayId, attempt: 1 };
}

const read = (replayId: string) => readReplay(fixture.deps.database, 'default', replayId);

describe('a replay whose failure a judge has found', () => {
  it('is judged by the same rubric, at a cost that is told apart, and leaves no score of traffic', async () => {
    await replayCall(depsWith(judge.baseUrl), await create('judged'), NEVER);
    const replay = await read('judged');
    expect(replay).toMatchObject({ status: 'done', result: { judged: { value: expect.any(Number) }, toolCalls: 1 } });
    const judgeCostUsd = replay?.result?.judgeCostUsd ?? 0;
    expect(judgeCostUsd).toBeGreaterThan(0);
    expect(replay?.costUsd).toBeCloseTo(0.00012 + judgeCostUsd, 9);
    expect((await readRows(fixture.owner)).scores).toEqual([]);
  });

  it('keeps its answer while no judge can be reached, so that it is paid for once', async () => {
    const job = await create('kept');
    sent = 0;
    await fixture.owner.deleteFrom('evaluationCache').execute();
    await expect(replayCall(depsWith('http://127.0.0.1:9/v1'), job, NEVER)).rejects.toMatchObject({ retryable: true });
    expect(await read('kept')).toMatchObject({ status: 'pending' });
    await replayCall(depsWith(judge.baseUrl), { ...job, attempt: 2 }, NEVER);
    expect(await read('kept')).toMatchObject({ status: 'done' });
    expect(sent).toBe(1);
  });

  it.each([
    ['the budget is spent', () => depsWith(judge.baseUrl, 0), /budget of the day is spent/],
    ['there is no judge', () => ({ ...depsWith(judge.baseUrl), panel: null }), /no judge is configured/],
  ])('has no score when %s: an error is no zero', async (name, deps, message) => {
    await fixture.owner.deleteFrom('evaluationCache').execute();
    await replayCall(deps(), await create(name), NEVER);
    const replay = await read(name);
    expect(replay).toMatchObject({ status: 'error', costUsd: 0.00012, result: { toolUse: null, judged: null } });
    expect(replay?.result?.error).toMatch(message);
  });

  it('of a rubric for whole sessions is refused', async () => {
    await replayCall(depsWith(judge.baseUrl), await create('session', 'task_completion'), NEVER);
    expect((await read('session'))?.result?.error).toMatch(/no rubric task_completion for one call/);
  });
});

describe('a replay that failed', () => {
  it('is tried anew by another search, and by nobody else', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const row = await fixture.owner
          .insertInto('promptRun')
          .values({
            ...{ promptRunId: crypto.randomUUID(), projectId: 'default', optimizer: name, status: 'running' },
            state: '{}' as never,
          })
          .returning('promptRunId')
          .executeTakeFirstOrThrow();
        return row.promptRunId;
      }),
    );
    const replay = {
      ...{ replayId: 'retried', projectId: 'default', callId, model: 'gone', prefixId: null, sample: 0 },
      scorerSet: SCORER_SET_VERSION,
    };
    await createReplays(fixture.deps.database, [{ ...replay, promptRunId: one ?? null }]);
    await replayCall(depsWith(judge.baseUrl), { projectId: 'default', replayId: 'retried', attempt: 1 }, NEVER);
    expect(await read('retried')).toMatchObject({ status: 'error' });
    await createReplays(fixture.deps.database, [{ ...replay, promptRunId: one ?? null }]);
    expect(await read('retried')).toMatchObject({ status: 'error', promptRunId: one });
    await createReplays(fixture.deps.database, [{ ...replay, promptRunId: other ?? null }]);
    expect(await read('retried')).toMatchObject({ status: 'pending', promptRunId: other, result: null });
  });
});
