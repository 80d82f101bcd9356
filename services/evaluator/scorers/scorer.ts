import type { Evidence, FaultOwner, Metric, ScoreOutcome, Severity } from '#shared/domain/score.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/**
 * What a scorer found. `owner`, `severity` and the texts belong to failures; an outcome alone says the rest, but that
 * the severity of an unknown is the worst that it may hide.
 */
export interface ScorerResult {
  readonly outcome: ScoreOutcome;
  readonly owner?: FaultOwner;
  readonly severity?: Severity;
  readonly evidence: readonly Evidence[];
  /** Bucketed ASCII text of ours, equal for like failures: `calls 2+ -> 1`. */
  readonly expectedVsActual?: string;
  /** The sentence from which a failure template is masked; never the model's name. */
  readonly detail?: string;
}

/** `call` scorers need the call alone; `outcome` scorers need the request that follows it. */
export type ScorerPass = 'call' | 'outcome';

/**
 * One deterministic check. `score` is pure: the same subject gives the same result on every machine, for ever, until
 * `version` changes.
 */
export interface Scorer {
  readonly id: string;
  readonly version: string;
  readonly metric: Metric;
  readonly pass: ScorerPass;
  /** Whose fault it is unless the evidence says otherwise. */
  readonly owner: FaultOwner;
  readonly severity: Severity;
  /** One sentence that a person can hold a failure against. */
  readonly definition: string;
  score(subject: ScoringSubject): ScorerResult;
}

export const PASSED: ScorerResult = { outcome: 'pass', evidence: [] };
export const NOT_APPLICABLE: ScorerResult = { outcome: 'not_applicable', evidence: [] };

/**
 * A check that could not decide. Where it could have found an error, its metric has no value for the call: say
 * `warning` of what could hide nothing worse, or of what is undecided for nearly every call.
 */
export function unknown(detail: string, severity?: Severity): ScorerResult {
  const hidden = severity === undefined ? {} : { severity };
  return { outcome: 'unknown', ...hidden, evidence: [], expectedVsActual: 'verdict -> not decidable', detail };
}
