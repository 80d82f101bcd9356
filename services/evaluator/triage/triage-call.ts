import type { Score } from '#shared/domain/score.ts';
import { createConversation } from '../scorers/conversation/conversation.ts';
import type { ScorerPass } from '../scorers/scorer.ts';
import type { ScoringSubject } from '../scorers/scoring-subject.ts';
import { type TriageSubject, triageFeatures } from './triage-features.ts';
import { type TriageModel, triageProbability } from './triage-model.ts';

/** Id of the rows of triage. */
export const TRIAGE_SCORER = 'triage';

/**
 * What triage looks at in one pass over a call: the call with its reply, or, once the next request is there, what tools
 * and user made of it. Null where nothing was captured.
 */
export function triageSubject(
  pass: ScorerPass,
  subject: ScoringSubject,
  checks: TriageSubject['checks'],
): TriageSubject | null {
  if (pass === 'outcome') {
    const conversation = createConversation(subject.next, null);
    return conversation === null ? null : { conversation, replyCalls: [], checks };
  }
  const { conversation } = subject;
  return conversation === null ? null : { conversation, replyCalls: subject.delivered?.toolCalls ?? [], checks };
}

/** A chance is no verdict: it fails nothing, passes nothing, and has a metric of its own. */
export function triageRow(
  key: Pick<Score, 'projectId' | 'callId' | 'subjectType' | 'subjectId' | 'pass'>,
  model: TriageModel,
  probability: number,
): Score {
  return {
    ...key,
    scorer: TRIAGE_SCORER,
    scorerVersion: model.version,
    sample: 0,
    metric: 'triage',
    status: 'scored',
    outcome: 'unknown',
    value: probability,
    owner: null,
    severity: null,
    confidence: Math.abs(2 * probability - 1),
    samplingProbability: 1,
    evidence: [],
    explanation: null,
    judge: null,
    costUsd: 0,
  };
}

/** P(success) of a subject. */
export function triageOf(model: TriageModel, subject: TriageSubject): number {
  return triageProbability(model, triageFeatures(subject));
}
