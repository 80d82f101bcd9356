import type { JudgeSkipReason } from '#shared/database/judge-store.ts';
import { isSampled } from './is-sampled.ts';
import type { ContentScores } from './score-content.ts';
import { toolUse } from './scorers/judge/rubrics/tool-use.ts';
import type { ScoringSubject } from './scorers/scoring-subject.ts';

export type JudgementPlan =
  | { readonly judge: true; readonly samplingProbability: number }
  | { readonly judge: false; readonly reason: JudgeSkipReason; readonly samplingProbability: number };

/**
 * Whether a call's tool use is worth a judge. After a deterministic failure it is not: the judge could not overrule it.
 *
 * @param callShare share of the calls with tool use that are judged
 */
export function planToolUseJudgement(
  callId: string,
  subject: ScoringSubject,
  scores: ContentScores,
  callShare: number,
): JudgementPlan {
  const skip = (reason: JudgeSkipReason, samplingProbability: number) =>
    ({ judge: false, reason, samplingProbability }) as const;
  if (subject.delivered === null || subject.previousToolCalls === null) return skip('content_not_captured', 0);
  if (subject.delivered.toolCalls.length === 0) return skip('no_tool_calls', 0);
  if (scores.metrics.some((metric) => metric.metric === 'toolUse' && metric.outcome === 'fail')) {
    return skip('deterministic_failure', 0);
  }
  if (!isSampled(`judge ${toolUse.id}`, callId, callShare)) return skip('not_sampled', callShare);
  return { judge: true, samplingProbability: callShare };
}
