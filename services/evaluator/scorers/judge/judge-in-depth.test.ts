import { describe, expect, it } from 'vitest';
import type { Llm, StructuredRequest } from '#shared/llm/llm.ts';
import type { AskJudgesDeps, JudgeAccount } from './ask-judges.ts';
import { type EscalationFacts, escalationReasons } from './escalation-reasons.ts';
import { type JudgedSubject, type JudgeInDepthDeps, judgeInDepth } from './judge-in-depth.ts';
import { modelFamily } from './model-family.ts';
import { renderTranscript } from './render-transcript.ts';
import { allCriteria, CANARIES } from './rubric.ts';
import { taskCompletion } from './rubrics/task-completion.ts';

const NEVER = new AbortController().signal;
const REQUEST = { messages: [{ role: 'user', content: 'Do it.' }] };
const RESPONSE = { content: [{ type: 'text', text: 'It is not done.' }] };
const NO_INJECTION = { suspected: false, instructed: false, signs: [] };

function subjectOf(changes: Partial<JudgedSubject> = {}): JudgedSubject {
  return {
    rubric: taskCompletion,
    transcript: renderTranscript(REQUEST, RESPONSE),
    injection: NO_INJECTION,
    deterministicFailure: null,
    probability: null,
    isCanary: false,
    inputTokens: 100,
    ...changes,
  };
}

type Says = 'pass' | 'fail' | 'cannot_tell';

/** A judge that answers by a script, one word per request, the last one for ever. */
function judgeSaying(model: string, script: readonly (Says | 'prose')[]) {
  const asked: StructuredRequest[] = [];
  const llm: Llm = {
    model,
    provider: 'local',
    estimateCostUsd: () => 0.01,
    async completeStructured(request) {
      const says = script[Math.min(asked.length, script.length - 1)] ?? 'pass';
      asked.push(request);
      const usage = { inputTokens: 1, cacheReadInputTokens: 0, outputTokens: 1 };
      const value = says === 'prose' ? undefined : verdictOf(says);
      return { ok: true, value, text: '', usage, costUsd: 0.001, model };
    },
  };
  return { llm, asked };
}

function verdictOf(says: Says) {
  const criteria = allCriteria(taskCompletion).map(({ id }) => {
    const control = CANARIES.find((canary) => canary.id === id)?.expected;
    const evidence = control === undefined && says === 'fail' ? [{ message: 'm2', quote: 'It is not done.' }] : [];
    return { id, evidence, reasoning: '', absence: false, verdict: control ?? says };
  });
  return { task: '', outcome: '', criteria };
}

function depsWith(more: Partial<JudgeInDepthDeps> = {}) {
  const settled: JudgeAccount[] = [];
  const cached = new Map<string, unknown>();
  const deps: JudgeInDepthDeps & AskJudgesDeps = {
    nonce: () => '0123456789abcdef01234567',
    cache: { read: async (key) => cached.get(key) ?? null, write: async (key, value) => void cached.set(key, value) },
    budget: { reserve: async () => true, settle: async (_judge, account) => void settled.push(account) },
    ...more,
  };
  return { deps, settled };
}

const judge = (llms: readonly Llm[], subject = subjectOf(), deps = depsWith().deps) =>
  judgeInDepth(deps, llms, subject, NEVER);

describe('judgeInDepth', () => {
  it('leaves it at one judge when its word is enough', async () => {
    const [first, second] = [judgeSaying('gpt-5', ['pass']), judgeSaying('claude-x', ['fail'])];
    const judgement = await judge([first.llm, second.llm]);
    expect(judgement).toMatchObject({
      decision: { outcome: 'pass', value: 1 },
      details: { escalation: [], disagreement: null, cutShare: 0, votes: [{ judge: 'local/gpt-5', draw: 0 }] },
    });
    expect(second.asked).toHaveLength(0);
  });

  it('asks judges of two other families on a canary, and keeps how much they disagree', async () => {
    const script = [judgeSaying('gpt-5', ['pass']), judgeSaying('claude-x', ['fail']), judgeSaying('qwen3', ['fail'])];
    const kin = judgeSaying('gpt-5-mini', ['pass']);
    const llms = [script[0]!.llm, kin.llm, script[1]!.llm, script[2]!.llm];
    const judgement = await judge(llms, subjectOf({ isCanary: true }));
    expect(judgement).toMatchObject({
      decision: { outcome: 'fail' },
      details: { escalation: ['canary'], disagreement: expect.closeTo(1 / 3, 9) },
      costUsd: expect.closeTo(0.003, 9),
    });
    expect(kin.asked).toHaveLength(0);
  });

  it('lets the reliable outvote the many', async () => {
    const llms = [judgeSaying('gpt-5', ['pass']), judgeSaying('claude-x', ['fail']), judgeSaying('qwen3', ['fail'])];
    const right: Readonly<Record<string, number>> = { 'gpt-5': 98, 'claude-x': 65, qwen3: 30 };
    const { deps } = depsWith({ reliabilityOf: (name) => ({ right: right[name] ?? 0, judged: 100 }) });
    const judgement = await judge(
      llms.map(({ llm }) => llm),
      subjectOf({ isCanary: true }),
      deps,
    );
    expect(judgement).toMatchObject({ decision: { outcome: 'pass' } });
    if (judgement.type === 'judged') expect(judgement.details.votes[2]?.weight).toBe(0);
  });

  it('asks its only judge again, with other draws, until it is clear', async () => {
    const sure = judgeSaying('gpt-5', ['pass']);
    await judge([sure.llm], subjectOf({ deterministicFailure: true }));
    expect(sure.asked.map(({ draw }) => draw)).toEqual([0, 1]);
    const torn = judgeSaying('gpt-5', ['pass', 'fail', 'fail']);
    const judgement = await judge([torn.llm], subjectOf({ deterministicFailure: true }));
    expect(torn.asked.map(({ draw }) => draw)).toEqual([0, 1, 2]);
    expect(judgement).toMatchObject({ decision: { outcome: 'fail' }, details: { escalation: ['disagreement'] } });
  });

  it('asks another family where a calibrated probability is in the middle', async () => {
    const { deps } = depsWith({ calibrate: (_judge, _rubric, { score }) => score / 2 });
    const second = judgeSaying('claude-x', ['pass']);
    const judgement = await judge([judgeSaying('gpt-5', ['pass']).llm, second.llm], subjectOf(), deps);
    expect(judgement).toMatchObject({ confidence: 0.5, details: { escalation: ['low_confidence'] } });
    expect(second.asked).toHaveLength(1);
  });

  it('does without judges that give no answer, and charges their errors to them', async () => {
    const { deps, settled } = depsWith();
    const judgement = await judge(
      [judgeSaying('gpt-5', ['pass']).llm, judgeSaying('claude-x', ['prose']).llm],
      subjectOf({ isCanary: true }),
      deps,
    );
    expect(judgement).toMatchObject({ decision: { outcome: 'pass' }, details: { votes: [{ judge: 'local/gpt-5' }] } });
    expect(settled.at(-1)).toMatchObject({ calls: 2, errors: 2, repairs: 1, unusable: 1 });
  });

  it('knows equal content again, each draw for itself', async () => {
    const { deps } = depsWith();
    const { llm, asked } = judgeSaying('gpt-5', ['pass']);
    const subject = subjectOf({ isCanary: true });
    await judge([llm], subject, deps);
    const before = asked.length;
    expect(await judge([llm], subject, deps)).toMatchObject({ cached: true, costUsd: 0 });
    expect(asked).toHaveLength(before);
  });

  it('holds every evaluator back when a provider says that it was too fast', async () => {
    const held: (number | null)[] = [];
    const slowDown = async (_judge: Llm, seconds: number | null) => void held.push(seconds);
    const { deps, settled } = depsWith({ pace: { turn: async () => true, slowDown } });
    const error = { kind: 'retryable', message: 'slow down', status: 429, retryAfterSeconds: 12 } as const;
    const llm: Llm = {
      ...judgeSaying('gpt-5', []).llm,
      completeStructured: async () => ({ ok: false, error, costUsd: null }),
    };
    expect(await judge([llm], subjectOf(), deps)).toMatchObject({ type: 'unavailable' });
    expect(held).toEqual([12]);
    expect(settled).toMatchObject([{ rateLimited: 1, errors: 1 }]);
  });

  it('waits for a judge that is asked as often as it may be', async () => {
    const { deps } = depsWith({ pace: { turn: async () => false, slowDown: async () => {} } });
    const { llm, asked } = judgeSaying('gpt-5', ['pass']);
    expect(await judge([llm], subjectOf(), deps)).toMatchObject({ type: 'unavailable' });
    expect(asked).toHaveLength(0);
  });
});

describe('escalationReasons', () => {
  const calm: EscalationFacts = {
    outcome: 'pass',
    confidence: null,
    deterministicFailure: false,
    probability: null,
    injectionFound: false,
    cutShare: 0,
    isCanary: false,
  };
  const cases: readonly (readonly [Partial<EscalationFacts>, readonly string[]])[] = [
    [{}, []],
    [{ deterministicFailure: true }, ['disagreement']],
    [{ deterministicFailure: true, outcome: 'fail' }, []],
    [{ probability: 0.1 }, ['disagreement']],
    [{ probability: 0.9, outcome: 'fail' }, ['disagreement']],
    [{ probability: 0.9 }, []],
    [{ confidence: 0.3 }, ['low_confidence']],
    [{ confidence: 0.7 }, ['low_confidence']],
    [{ confidence: 0.71 }, []],
    [{ outcome: 'unknown' }, ['low_confidence']],
    [{ injectionFound: true }, ['injection']],
    [{ cutShare: 0.5 }, []],
    [{ cutShare: 0.51, isCanary: true }, ['truncation', 'canary']],
  ];
  it.each(cases)('of %j are %j', (changes, reasons) => {
    expect(escalationReasons({ ...calm, ...changes })).toEqual(reasons);
  });
});

describe('modelFamily', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', 'anthropic'],
    ['anthropic.claude-3-5-haiku-20241022-v1:0', 'anthropic'],
    ['gpt-5-mini-2025-08-07', 'openai'],
    ['o3', 'openai'],
    ['openai/gpt-oss-120b', 'openai'],
    ['gemini-2.5-pro', 'google'],
    ['qwen3-coder-30b', 'alibaba'],
    ['DeepSeek-R1-Distill-Llama-70B', 'deepseek'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta'],
    ['mistral-large-latest', 'mistral'],
    ['in-house-7', 'in-house-7'],
  ])('of %s is %s', (model, family) => {
    expect(modelFamily(model)).toBe(family);
  });
});
