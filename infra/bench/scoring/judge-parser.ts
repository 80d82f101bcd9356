import { configSchema } from '#shared/config/config-schema.ts';
import type { Score } from '#shared/domain/score.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { judgementScore } from '../../../services/evaluator/judgement-score.ts';
import { detectInjection } from '../../../services/evaluator/scorers/judge/detect-injection.ts';
import { judgeInDepth } from '../../../services/evaluator/scorers/judge/judge-in-depth.ts';
import { renderTranscript } from '../../../services/evaluator/scorers/judge/render-transcript.ts';
import type { Rubric } from '../../../services/evaluator/scorers/judge/rubric.ts';
import { RUBRICS } from '../../../services/evaluator/scorers/judge/rubrics/rubrics.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import { malformedReplies, type ReplyCase, type TrueQuote } from './malformed-replies.ts';
import type { WrittenFigure } from './scoring-report.ts';

/** What went wrong with one reply: it threw, it passed what says no pass, it scored what says nothing, or it was lost. */
type Fault = 'crash' | 'silent pass' | 'silent zero' | 'readable reply refused';

const PROVIDERS = { local: { format: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', network: 'private' } };
const PROVIDER = resolveProvider('local', configSchema.parse({ providers: PROVIDERS }));
const REQUEST = { messages: [{ role: 'user', content: 'Rename the function and run the tests.' }] };
const RESPONSE = { content: [{ type: 'text', text: 'I have renamed it.' }] };
const QUOTE: TrueQuote = { message: 'm2', quote: 'I have renamed it.' };

/**
 * Sends judges' replies of every broken kind through the client, the parser and the score row. The sum of crashes,
 * silent passes and silent zeros has to be nought, and what can be read has to be read.
 */
export async function judgeParserFigures(): Promise<WrittenFigure[]> {
  const faults: Fault[] = [];
  let n = 0;
  let refused = 0;
  for (const rubric of Object.values(RUBRICS)) {
    for (const replyCase of malformedReplies(rubric, QUOTE)) {
      n += 1;
      const fault = await faultOf(rubric, replyCase);
      if (fault === 'readable reply refused') refused += 1;
      else if (fault !== null) faults.push(fault);
      if (fault !== null) console.error(`      ${rubric.id}: ${replyCase.name}: ${fault}`);
    }
  }
  return [figure('G18', faults.length, n), figure('G18_refused', refused, n)];
}

/** What one reply leads to that it must not. */
export async function faultOf(rubric: Rubric, { body, expected }: ReplyCase): Promise<Fault | null> {
  let score: Score | null;
  try {
    score = await scoreOf(rubric, body);
  } catch {
    return 'crash';
  }
  if (expected !== 'unusable') {
    if (score?.outcome === expected) return null;
    return score?.outcome === 'pass' ? 'silent pass' : 'readable reply refused';
  }
  if (score === null) return null;
  if (score.outcome === 'pass' || (score.value ?? 0) > 0) return 'silent pass';
  return score.outcome === 'fail' || score.value === 0 ? 'silent zero' : null;
}

/** The row that a reply leaves behind; null when the judge is to be asked again later. */
async function scoreOf(rubric: Rubric, body: string): Promise<Score | null> {
  const fetch = async () => new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });
  const price = { input: 0, output: 0 };
  const llm = createLlm({ fetch }, { provider: PROVIDER, model: 'judge-1', price, maxRetries: 0 });
  const judgement = await judgeInDepth(
    {
      nonce: () => '0123456789abcdef01234567',
      cache: { read: async () => null, write: async () => {} },
      budget: { reserve: async () => true, settle: async () => {} },
    },
    [llm],
    {
      rubric,
      transcript: renderTranscript(REQUEST, RESPONSE),
      injection: detectInjection(REQUEST, RESPONSE),
      ...{ deterministicFailure: null, probability: null, isCanary: false, inputTokens: 0 },
    },
    new AbortController().signal,
  );
  if (judgement.type === 'unavailable' || judgement.type === 'budget_exhausted') return null;
  const key = {
    ...{ projectId: 'bench', callId: '0199a0c4-0000-7000-8000-000000000000', subjectId: 'one', sample: 0 },
    ...{ subjectType: rubric.subjectType, pass: rubric.subjectType, samplingProbability: 1 },
    ...{ scorer: rubric.id, scorerVersion: rubric.version },
  };
  return judgementScore(key, rubric, judgement);
}

function figure(id: string, value: number, n: number): WrittenFigure {
  const [low, high] = proportionInterval(value, n);
  return { id, value, op: '<=', bar: 0, pass: value === 0, n, interval: [low * n, high * n] };
}
