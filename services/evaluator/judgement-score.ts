import type { Score } from '#shared/domain/score.ts';
import type { DepthJudgement } from './scorers/judge/judge-in-depth.ts';
import { judgePromptHash } from './scorers/judge/judge-prompt.ts';
import type { Rubric } from './scorers/judge/rubric.ts';

const EXPLANATION_CHARACTERS_MAX = 500;

/** Under what a judgement is stored. */
export type JudgedKey = Pick<
  Score,
  | 'projectId'
  | 'callId'
  | 'subjectType'
  | 'subjectId'
  | 'scorer'
  | 'scorerVersion'
  | 'pass'
  | 'sample'
  | 'samplingProbability'
>;

/** The row of a judgement; one that gave no usable answer is an error, and neither a pass nor a zero. */
export function judgementScore(
  key: JudgedKey,
  rubric: Rubric,
  judgement: Extract<DepthJudgement, { type: 'judged' | 'judge_error' }>,
): Score {
  const common = { ...key, metric: rubric.metric, owner: null, severity: null, costUsd: judgement.costUsd };
  const judge = { model: judgement.model, promptHash: judgePromptHash(rubric) };
  if (judgement.type === 'judged') {
    const { decision, confidence, details } = judgement;
    return { ...common, ...decision, confidence, judge: { ...judge, details } };
  }
  const explanation = `the judge gave no usable answer: ${judgement.problem}`.slice(0, EXPLANATION_CHARACTERS_MAX);
  return {
    ...common,
    judge,
    explanation,
    confidence: null,
    status: 'judge_error',
    outcome: 'unknown',
    value: null,
    evidence: [],
  };
}
