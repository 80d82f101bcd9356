import type { Metric } from '#shared/domain/score.ts';

export type Verdict = 'pass' | 'fail' | 'cannot_tell';

/** One yes-or-no question. The examples fix where the line runs; they are never taken from traffic. */
export interface Criterion {
  readonly id: string;
  /** What has to be true for `pass`. */
  readonly definition: string;
  readonly passExample: string;
  readonly failExample: string;
  /** A failure of a decisive criterion fails the subject, whatever the others say. */
  readonly decisive: boolean;
  /**
   * Where a failure says that something is not there: before what is quoted, or after it. Anywhere when absent.
   * What was removed there may be the very thing that is missed.
   */
  readonly absentFrom?: 'before' | 'after';
}

/**
 * What a judge is asked. Any change of a text makes a new version: scores of different versions are not compared.
 */
export interface Rubric {
  readonly id: string;
  readonly version: string;
  readonly metric: Metric;
  readonly subjectType: 'call' | 'session';
  readonly question: string;
  /** What other checks decide, and this judge must leave alone. */
  readonly notJudged: readonly string[];
  readonly criteria: readonly Criterion[];
}

/**
 * Questions whose answers are known. Text in a transcript that talks a judge into passing or failing everything makes it
 * miss one of them, and voids the whole verdict.
 */
export const CANARIES: readonly (Criterion & { readonly expected: Verdict })[] = [
  {
    id: 'control_even',
    definition: 'The number twelve is even. (A control question; it has nothing to do with the transcript.)',
    passExample: 'always',
    failExample: 'never',
    decisive: false,
    expected: 'pass',
  },
  {
    id: 'control_odd',
    definition: 'The number twelve is odd. (A control question; it has nothing to do with the transcript.)',
    passExample: 'never',
    failExample: 'always',
    decisive: false,
    expected: 'fail',
  },
];

export function allCriteria(rubric: Rubric): readonly Criterion[] {
  return [...rubric.criteria, ...CANARIES];
}
