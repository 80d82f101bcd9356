import type { FaultOwner, Metric, Severity } from '#shared/domain/score.ts';
import type { ScorerPass } from '../scorers/scorer.ts';
import type { CustomResult } from './custom-result.ts';
import type { CustomSubject } from './custom-subject.ts';

/** What is known of a scorer that is not one of ours before it has said anything. */
export interface CustomScorerFacts {
  /** `<namespace>/<name>`; ids of our own scorers have no slash. */
  readonly id: string;
  readonly version: string;
  readonly metric: Metric;
  readonly pass: ScorerPass;
  readonly owner: FaultOwner;
  readonly severity: Severity;
  readonly definition: string;
}

/** Why a scorer has said nothing. */
export type CustomFailure = 'timeout' | 'threw' | 'crashed' | 'invalid_answer' | 'unreachable' | 'refused' | 'paused';

/** What came of asking; `problem` is for people, and may hold words of the scorer's. */
export type CustomAnswer =
  | { readonly type: 'answered'; readonly result: CustomResult }
  | { readonly type: 'failed'; readonly reason: CustomFailure; readonly problem: string };

/** A scorer of the operator's own, wherever it runs. It never throws, and it answers within its time. */
export interface CustomScorer extends CustomScorerFacts {
  score(subject: CustomSubject): Promise<CustomAnswer>;
  close(): Promise<void>;
}
