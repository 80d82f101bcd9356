import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { judgeSubject } from './judge-subject.ts';
import { scoreCall } from './score-call.ts';
import { scoreSession } from './score-session.ts';
import {
  type AgentTurn,
  agentSession,
  type EvaluatorFixture,
  IDLE_MS,
  openEvaluatorFixture,
  panelOf,
  readSession,
} from './testing/evaluator-fixture.ts';

const NEVER = new AbortController().signal;

let fixture: EvaluatorFixture;
let judge: FakeJudge;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  judge = await startFakeJudge();
  for (const table of ['score', 'scoringRun', 'judgeSkip', 'judgeSpend', 'evaluationCache'] as const) {
    await fixture.owner.deleteFrom(table).execute();
  }
});
afterEach(() => judge.close());

function panelJudge(model: string, dailyBudgetUsd: number) {
  const providers = { local: { format: 'openai-chat', baseUrl: judge.baseUrl, network: 'private' } };
  const provider = resolveProvider('local', configSchema.parse({ providers }));
  const options = { provider, model, price: { input: 1, output: 2 }, maxRetries: 0 };
  return { llm: createLlm({ fetch: createGuardedFetch('private') }, options), dailyBudgetUsd };
}

function judged(dailyBudgetUsd = 20) {
  const panel = panelOf([panelJudge('judge-1', dailyBudgetUsd)]);
  return { panel, deps: { ...fixture.deps, panel } satisfies EvaluatorDeps };
}

async function storeSession(name: string, turns: readonly AgentTurn[]) {
  const records = agentSession(name, turns);
  await fixture.calls.store(records);
  fixture.setNow((records.at(-1)?.call.startedAt ?? 0) + 2 * IDLE_MS);
  return records.map((record) => record.call.callId);
}

/** Scores the session as the queues would: its closing asks for a judgement, and the judgement ends it. */
async function closeWithJudge(name: string, { panel, deps } = judged()) {
  await scoreSession(deps, { projectId: 'default', sessionId: name });
  const job = panel.jobs.find((candidate) => candidate.subjectType === 'session');
  if (job !== undefined) await judgeSubject(deps, job, NEVER);
  return { job, session: await readSession(fixture.owner, name), verdict: await readVerdict('task_completion', name) };
}

function readVerdict(scorer: string, subjectId: string) {
  return fixture.owner
    .selectFrom('score')
    .selectAll()
    .where('scorer', '=', scorer)
    .where('subjectId', '=', subjectId)
    .executeTakeFirst();
}

const GOOD: readonly AgentTurn[] = [{ calls: [{}], results: ['const a = 1;'] }, { text: 'The file holds a constant.' }];
const BAD: readonly AgentTurn[] = [{ calls: [{}], results: ['!ENOENT: no such file'] }, { text: 'All is well.' }];

describe('the judgement of a session', () => {
  it('passes a good session and closes it with its quality', async () => {
    await storeSession('good session', GOOD);
    const { session, verdict } = await closeWithJudge('good session');
    expect(verdict).toMatchObject({
      subjectType: 'session',
      pass: 'session',
      metric: 'taskCompletion',
      status: 'scored',
      outcome: 'pass',
      value: 1,
      judge: { model: 'judge-1', promptHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(verdict?.costUsd).toBeGreaterThan(0);
    expect(session).toMatchObject({ quality: 1, hardFailure: false, closedAt: expect.any(Date) });
  });

  it('fails a bad session with a quote that stands in the transcript', async () => {
    await storeSession('bad session', BAD);
    const { session, verdict } = await closeWithJudge('bad session');
    expect(verdict).toMatchObject({ status: 'scored', outcome: 'fail', value: 0.25 });
    expect(verdict?.evidence).toEqual([{ pointer: '/messages/2', quote: expect.stringContaining('(error)') }]);
    expect(session.quality).toBeLessThan(1);
  });

  it('asks once for equal content, and charges nothing for what it knows', async () => {
    const [callId] = await storeSession('cached', GOOD);
    await closeWithJudge('cached');
    const asked = judge.requests.length;
    await fixture.owner.deleteFrom('score').where('subjectType', '=', 'session').execute();
    await fixture.owner.updateTable('session').set({ closedAt: null }).where('sessionId', '=', 'cached').execute();
    const { verdict } = await closeWithJudge('cached');
    expect(judge.requests.length).toBe(asked);
    expect(verdict).toMatchObject({ callId, outcome: 'pass', costUsd: 0 });
  });

  it('leaves a criterion undecided whose quote is invented, after one more try', async () => {
    judge.misbehave('fabricated_quote', 'fabricated_quote');
    await storeSession('fabricated', GOOD);
    const { session, verdict } = await closeWithJudge('fabricated');
    expect(judge.requests).toHaveLength(2);
    expect(judge.requests[1]?.user).toContain('could not be used');
    expect(verdict).toMatchObject({ status: 'abstained', outcome: 'unknown', value: null });
    expect(session.closedAt).not.toBeNull();
  });

  it('takes the answer that was mended after an invented quote', async () => {
    judge.misbehave('fabricated_quote');
    await storeSession('mended', GOOD);
    expect((await closeWithJudge('mended')).verdict).toMatchObject({ outcome: 'pass', value: 1 });
  });

  it.each(['garbage', 'empty', 'missing_criterion', 'wrong_control', 'refusal'] as const)(
    'makes a judge_error of an answer that is %s: no pass and no zero',
    async (misbehaviour) => {
      judge.misbehaveAlways(misbehaviour);
      const name = `session with ${misbehaviour}`;
      await storeSession(name, GOOD);
      const { session, verdict } = await closeWithJudge(name);
      expect(verdict).toMatchObject({ status: 'judge_error', outcome: 'unknown', value: null });
      // The deterministic scores alone speak.
      expect(session).toMatchObject({ quality: 1, closedAt: expect.any(Date) });
      const spend = await fixture.owner.selectFrom('judgeSpend').selectAll().executeTakeFirstOrThrow();
      expect(spend.errors).toBeGreaterThan(0);
      expect(spend.reservedUsd).toBeCloseTo(0, 9);
    },
  );

  it('reads an answer in a code fence', async () => {
    judge.misbehave('fenced');
    await storeSession('fenced', GOOD);
    expect((await closeWithJudge('fenced')).verdict).toMatchObject({ outcome: 'pass' });
    expect(judge.requests).toHaveLength(1);
  });

  it('asks the next judge when the first gives no usable answer', async () => {
    judge.misbehave('garbage', 'garbage');
    await storeSession('second opinion', GOOD);
    const panel = panelOf([panelJudge('judge-1', 20), panelJudge('judge-2', 20)]);
    const { verdict } = await closeWithJudge('second opinion', { panel, deps: { ...fixture.deps, panel } });
    expect(verdict).toMatchObject({ outcome: 'pass', judge: { model: 'judge-2' } });
  });

  it('asks again later when the provider cannot be reached', async () => {
    await storeSession('limited', GOOD);
    const { panel, deps } = judged();
    await scoreSession(deps, { projectId: 'default', sessionId: 'limited' });
    judge.misbehave('rate_limited');
    const job = panel.jobs.find((candidate) => candidate.subjectType === 'session')!;
    await expect(judgeSubject(deps, job, NEVER)).rejects.toMatchObject({
      code: 'upstream_unreachable',
      retryable: true,
    });
    expect((await readSession(fixture.owner, 'limited')).closedAt).toBeNull();
    await judgeSubject(deps, job, NEVER);
    expect((await readSession(fixture.owner, 'limited')).closedAt).not.toBeNull();
  });

  it('closes the session without a judge when the budget is used up, and says why', async () => {
    const [callId] = await storeSession('no money', GOOD);
    const { session, verdict } = await closeWithJudge('no money', judged(0.000_001));
    expect(verdict).toBeUndefined();
    expect(judge.requests).toHaveLength(0);
    expect(session).toMatchObject({ quality: 1, closedAt: expect.any(Date) });
    const skip = await fixture.owner.selectFrom('judgeSkip').selectAll().where('callId', '=', callId!).execute();
    expect(skip.map(({ rubric, reason }) => [rubric, reason])).toContainEqual(['task_completion', 'budget_exhausted']);
  });

  it('does not overrule a deterministic failure', async () => {
    const merged = '{"file_path":"a"}{"file_path":"b"}';
    await storeSession('collapsed', [
      { calls: [{ input: merged }], raw: [merged], results: ['fine'] },
      { text: 'Both files were read.' },
    ]);
    const panel = panelOf([
      { llm: { ...panelJudge('judge-1', 20).llm, completeStructured: passEverything }, dailyBudgetUsd: 20 },
    ]);
    const { session, verdict } = await closeWithJudge('collapsed', { panel, deps: { ...fixture.deps, panel } });
    expect(verdict).toMatchObject({ outcome: 'pass', value: 1 });
    expect(session.quality).toBeLessThanOrEqual(0.25);
    expect(session.hardFailure).toBe(true);
  });
});

async function passEverything(request: { jsonSchema: Readonly<Record<string, unknown>> }) {
  const schema = request.jsonSchema as {
    properties: { criteria: { items: { properties: { id: { enum: string[] } } } } };
  };
  const criteria = schema.properties.criteria.items.properties.id.enum.map((id) => ({
    id,
    evidence: [],
    reasoning: '',
    verdict: id === 'control_odd' ? 'fail' : 'pass',
  }));
  const usage = { inputTokens: 1, cacheReadInputTokens: 0, outputTokens: 1 };
  return {
    ok: true,
    value: { task: '', outcome: '', criteria },
    text: '',
    usage,
    costUsd: 0,
    model: 'judge-1',
  } as const;
}

describe('the judgement of a call', () => {
  it('is stored once under the call, with its sampling probability', async () => {
    const [callId] = await storeSession('call judged', GOOD);
    const { panel, deps } = judged();
    await scoreCall(deps, { projectId: 'default', callId: callId!, pass: 'call' });
    const job = panel.jobs[0]!;
    await judgeSubject(deps, job, NEVER);
    await judgeSubject(deps, job, NEVER);
    expect(judge.requests).toHaveLength(1);
    expect(judge.requests[0]?.user).toContain('tool call toolu_0: Read');
    expect(await readVerdict('tool_use', callId!)).toMatchObject({
      subjectType: 'call',
      pass: 'call',
      metric: 'toolUse',
      outcome: 'pass',
      value: 1,
      samplingProbability: 1,
    });
  });

  it('leaves with its session what the quality is made of: by rule, as drawn, and who had a say', async () => {
    const name = 'drawn call';
    const [callId] = await storeSession(name, GOOD);
    const means = judged();
    await scoreCall(means.deps, { projectId: 'default', callId: callId!, pass: 'call' });
    await judgeSubject(means.deps, { ...means.panel.jobs[0]!, samplingProbability: 0.25 }, NEVER);
    const { session } = await closeWithJudge(name, means);
    expect(session).toMatchObject({ quality: 1, qualityByRule: 1, qualityUnbounded: 1, qualityHigh: 1 });
    expect(session.qualityLow).toBeLessThan(0.6);
    expect(session.judgedBy).toEqual([
      expect.stringMatching(/^\["task_completion","[^"]+","judge-1"\]$/),
      expect.stringMatching(/^\["tool_use","[^"]+","judge-1"\]$/),
    ]);
    // A session whose verdicts were all certain has one quality, and nothing beside it.
    await storeSession('certain', GOOD);
    const certain = (await closeWithJudge('certain')).session;
    expect(certain).toMatchObject({ quality: 1, qualityUnbounded: null, qualityLow: null, qualityHigh: null });
  });

  it('leaves the reason when there is no money for it', async () => {
    const [callId] = await storeSession('call without money', GOOD);
    const { panel, deps } = judged(0.000_001);
    await scoreCall(deps, { projectId: 'default', callId: callId!, pass: 'call' });
    await judgeSubject(deps, panel.jobs[0]!, NEVER);
    const skip = await fixture.owner.selectFrom('judgeSkip').selectAll().where('callId', '=', callId!).execute();
    expect(skip).toMatchObject([{ rubric: 'tool_use', reason: 'budget_exhausted', samplingProbability: 1 }]);
  });
});
