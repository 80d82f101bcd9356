import type { SeededRandom } from './seeded-random.ts';

/** Judges mostly say good or bad: a call is scored from Beta(18, 2) when it went well and Beta(2, 6) when not. */
const GOOD = { alpha: 18, beta: 2, mean: 0.9 } as const;
const BAD = { alpha: 2, beta: 6, mean: 0.25 } as const;

export interface SessionModel {
  /** Mean quality of a call, from 0.25 to 0.9. */
  readonly mean: number;
  readonly calls: number;
  /** Correlation of the calls of one session; 0 makes them independent. */
  readonly intraClassCorrelation: number;
}

/**
 * Quality of one session: the mean of its calls, which share a chance of going well that is drawn from a beta
 * distribution (so that good calls are beta-binomial with the given intra-class correlation).
 */
export function simulateSessionQuality(random: SeededRandom, model: SessionModel): number {
  const good = (model.mean - BAD.mean) / (GOOD.mean - BAD.mean);
  const correlation = model.intraClassCorrelation;
  const precision = correlation === 0 ? null : (1 - correlation) / correlation;
  const chance = precision === null ? good : random.beta(good * precision, (1 - good) * precision);
  let sum = 0;
  for (let call = 0; call < model.calls; call += 1) {
    const kind = random.uniform() < chance ? GOOD : BAD;
    sum += random.beta(kind.alpha, kind.beta);
  }
  return sum / model.calls;
}
