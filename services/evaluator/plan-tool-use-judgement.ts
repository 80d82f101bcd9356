import type { JudgeSkipReason } from '#shared/database/judge-store.ts';
import { isSampled } from './is-sampled.ts';
import type { ContentScores } from './score-content.ts';
import { toolUse } from './scorers/judge/rubrics/tool-use.ts';
import type { ScoringSubject } from './scorers/scoring-subject.ts';
import { judgingShare } from './triage/judging-share.ts';

export type JudgementPlan =
  | { readonly judge: true; readonly samplingProbability: number }
  | { readonly judge: false; readonly reason: JudgeSkipReason; readonly samplingProbability: number };

/** What triage is told of a call. */
export interface CallFacts {
  readonly subject: ScoringSubject;
  readonly scores: ContentScores;
}

/** P(success) of a call without a judge; null where nothing can be said. */
export type Triage = (call: CallFacts) => { readonly probability: number } | null;

export interface JudgingMeans {
  /** Share of the calls with tool use that the operator wants judged. */
  readonly callShare: number;
  readonly triage?: Triage | undefined;
  /** How fast today's budget goes; 1 is just in time. */
  readonly pressure?: number;
}

/**
 * Whether a call's tool use is worth a judge. After a deterministic failure it is not: the judge could not overrule it.
 * Triage decides how much judging the others deserve, and the probability is kept, so that averages can be corrected.
 */
export function planToolUseJudgement(
  callId: string,
  subject: ScoringSubject,
  scores: ContentScores,
  means: number | JudgingMeans,
): JudgementPlan {
  const skip = (reason: JudgeSkipReason, samplingProbability: number) =>
    ({ judge: false, reason, samplingProbability }) as const;
  if (subject.delivered === null || subject.previousToolCalls === null) return skip('content_not_captured', 0);
  if (subject.delivered.toolCalls.length === 0) return skip('no_tool_calls', 0);
  if (scores.metrics.some((metric) => metric.metric === 'toolUse' && metric.outcome === 'fail')) {
    return skip('deterministic_failure', 0);
  }
  const share = shareOf({ subject, scores }, typeof means === 'number' ? { callShare: means } : means);
  if (!isSampled(`judge ${toolUse.id}`, callId, share)) return skip('not_sampled', share);
  return { judge: true, samplingProbability: share };
}

function shareOf(call: CallFacts, { callShare, triage, pressure = 0 }: JudgingMeans): number {
  const probability = triage?.(call)?.probability;
  return probability === undefined ? callShare : judgingShare(probability, { share: callShare, pressure });
}
