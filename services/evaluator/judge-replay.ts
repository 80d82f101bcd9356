import type { StoredCall } from '#shared/database/load-call.ts';
import type { ReplayResult } from '#shared/database/replay-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { judgeDepsOf } from './judge-deps.ts';
import { eligibleJudges } from './judge-panel.ts';
import { detectInjection } from './scorers/judge/detect-injection.ts';
import { judgeInDepth } from './scorers/judge/judge-in-depth.ts';
import { renderTranscript } from './scorers/judge/render-transcript.ts';
import { RUBRICS } from './scorers/judge/rubrics/rubrics.ts';

export type ReplayJudgement =
  | { readonly type: 'judged'; readonly judged: NonNullable<ReplayResult['judged']>; readonly costUsd: number }
  /** Neither a pass nor a zero: the replay has no score. */
  | { readonly type: 'failed'; readonly problem: string; readonly costUsd: number };

/**
 * Judges the answer to a replayed call by a rubric, with the judges, the cache and the budget that traffic is judged
 * with.
 *
 * @throws TrimtabError `upstream_unreachable` while no judge can be reached
 */
export async function judgeReplay(
  deps: EvaluatorDeps,
  replay: { readonly rubric: string; readonly model: string },
  stored: StoredCall,
  response: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<ReplayJudgement> {
  const rubric = RUBRICS[replay.rubric];
  if (deps.panel === null) return failed('no judge is configured');
  if (rubric === undefined || rubric.subjectType !== 'call') return failed(`no rubric ${replay.rubric} for one call`);
  if (stored.request === null) return failed('the request was not captured');
  const judges = eligibleJudges(deps.panel.judges, [replay.model]).map((judge) => judge.llm);
  const subject = {
    rubric,
    transcript: renderTranscript(stored.request, { ...response }),
    injection: detectInjection(stored.request, { ...response }),
    probability: null,
    isCanary: false,
    deterministicFailure: false,
    inputTokens: stored.call.inputTokensEstimate,
  };
  const judgement = await judgeInDepth(await judgeDepsOf(deps, deps.panel, stored.call), judges, subject, signal);
  deps.metrics.judgements.inc({ rubric: rubric.id, result: `replay_${judgement.type}` });
  switch (judgement.type) {
    case 'judged': {
      const { value, explanation, outcome } = judgement.decision;
      if (value === null) return failed(`the judge could not tell (${outcome})`, judgement.costUsd);
      return { type: 'judged', judged: { value, explanation: explanation ?? '' }, costUsd: judgement.costUsd };
    }
    case 'judge_error':
      return failed(`the judge gave no usable answer: ${judgement.problem}`, judgement.costUsd);
    case 'budget_exhausted':
      return failed("the judge's budget of the day is spent");
    case 'unavailable':
      throw new TrimtabError('upstream_unreachable', `no judge can be reached: ${judgement.message}`);
    default:
      return judgement satisfies never;
  }
}

function failed(problem: string, costUsd = 0): ReplayJudgement {
  return { type: 'failed', problem, costUsd };
}
