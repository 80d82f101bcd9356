import { type ChoiceChance, chanceOf, type LoggedSession, type ModelChoice } from './logged-session.ts';

/** Largest weight of a session: a chance of 1 in 1,000 must not let one session decide. What is cut off is bias. */
export const WEIGHT_MAX = 20;

/** Quality that is expected of a model in the session's turn shape, from other sessions than this one. */
export type QualityModel = (session: LoggedSession, choice: ModelChoice) => number;

/** One session's part in the estimates of one policy. */
export interface ValueTerm {
  /** Chance under the policy over the logged chance, cut off at `WEIGHT_MAX`. */
  readonly weight: number;
  readonly quality: number;
  /** Expected quality under the policy, corrected by what was seen: mean of these is the doubly robust value. */
  readonly doublyRobust: number;
}

/** A session's term under a policy that would give it these chances. */
export function valueTerm(
  session: LoggedSession,
  chances: readonly ChoiceChance[],
  qualityModel: QualityModel,
): ValueTerm {
  const weight = Math.min(WEIGHT_MAX, chanceOf(chances, session.action) / session.propensity);
  const expected = chances.reduce((sum, each) => sum + each.chance * qualityModel(session, each), 0);
  const correction = weight === 0 ? 0 : weight * (session.quality - qualityModel(session, session.action));
  return { weight, quality: session.quality, doublyRobust: expected + correction };
}

/** Mean of weighted qualities (inverse propensity scores): unbiased, and widely spread. */
export function inversePropensityValue(terms: readonly ValueTerm[]): number | null {
  return meanOf(terms.map((term) => term.weight * term.quality));
}

/** The same over the weights that were given out: a little biased, less spread, and always a mean of qualities. */
export function selfNormalisedValue(terms: readonly ValueTerm[]): number | null {
  const weights = terms.reduce((sum, term) => sum + term.weight, 0);
  if (weights === 0) return null;
  return terms.reduce((sum, term) => sum + term.weight * term.quality, 0) / weights;
}

/** Right on average when either the logged chances or the model of quality are. */
export function doublyRobustValue(terms: readonly ValueTerm[]): number | null {
  return meanOf(terms.map((term) => term.doublyRobust));
}

/** Sessions that would be worth as much had the policy itself been logged: (sum w)^2 / sum w^2 (Kish, 1965). */
export function effectiveSessions(terms: readonly ValueTerm[]): number {
  let sum = 0;
  let squares = 0;
  for (const { weight } of terms) {
    sum += weight;
    squares += weight ** 2;
  }
  return squares === 0 ? 0 : sum ** 2 / squares;
}

/** What each session moves the self-normalised value by: its spread is that of their mean. */
export function selfNormalisedTerms(terms: readonly ValueTerm[]): readonly number[] {
  const value = selfNormalisedValue(terms);
  const weight = meanOf(terms.map((term) => term.weight));
  if (value === null || weight === null) return [];
  return terms.map((term) => value + (term.weight * (term.quality - value)) / weight);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
