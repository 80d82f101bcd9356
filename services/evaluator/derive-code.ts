import { transitionValue } from './scorers/code/test-signal.ts';
import type { Scorer, ScorerPass, ScorerResult } from './scorers/scorer.ts';

/** What the checks of one pass say of the code that a call wrote; a value of null is an abstention. */
export interface CodeValue {
  readonly outcome: 'pass' | 'fail' | 'unknown';
  readonly value: number | null;
}

/** Half of the way from red to green is the least that speaks for a change. */
const PASS_VALUE_MIN = 0.5;

/**
 * The code metric of one pass, or null where no code was written or run.
 *
 * At once, code is what its form tells: 0 where an edit misses, a patch does not apply, a file does not parse or a
 * comment stands for code; 1 where all checks that find such errors have passed; no value where one could not decide.
 * With the results of the next request it is what the tests say: green is 1, from green to red 0, in between less red
 * 0.5 and as red as before 0.25; a first red run may only show the fault that is to be mended, and says nothing.
 */
export function deriveCode(
  pass: ScorerPass,
  scored: readonly { readonly scorer: Scorer; readonly result: ScorerResult }[],
): CodeValue | null {
  const checks = scored.filter(({ scorer, result }) => scorer.metric === 'code' && result.outcome !== 'not_applicable');
  return pass === 'outcome' ? fromTests(checks.map(({ result }) => result)) : fromForm(checks);
}

function fromTests(results: readonly ScorerResult[]): CodeValue | null {
  const values = results.map(transitionValue).filter((value) => value !== undefined);
  const [value] = values;
  if (value === undefined) return null;
  if (value === null) return { outcome: 'unknown', value: null };
  return { outcome: value >= PASS_VALUE_MIN ? 'pass' : 'fail', value };
}

function fromForm(checks: readonly { readonly scorer: Scorer; readonly result: ScorerResult }[]): CodeValue | null {
  const ofErrors = checks.filter(({ scorer }) => scorer.severity === 'error' || scorer.severity === 'fatal');
  if (ofErrors.length === 0) return null;
  const results = ofErrors.map(({ result }) => result);
  const isError = ({ outcome, owner, severity }: ScorerResult) =>
    outcome === 'fail' && owner === 'provider' && (severity === 'error' || severity === 'fatal');
  if (results.some(isError)) return { outcome: 'fail', value: 0 };
  if (results.some(({ outcome }) => outcome === 'unknown')) return { outcome: 'unknown', value: null };
  return { outcome: 'pass', value: 1 };
}
