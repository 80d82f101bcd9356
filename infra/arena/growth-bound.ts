import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { type SessionModel, simulateSessionQuality } from './simulate-session.ts';

const DRAWS = 40_000;
const SEED = 20_240_811;

/**
 * Growth per pair of the best constant bet that knows the world: max over lambda of E log(1 + lambda (D - m)). No test of
 * level alpha stops before ln(1 / alpha) / growth pairs on average (Wald 1945, with the smallest divergence to the null in
 * its dual form: Honda and Takemura 2010), so that quotient is what efficiency is measured by.
 */
export function growthBound(canary: SessionModel, control: SessionModel, nullMean: number): number {
  return bestGrowth(
    (random) => (simulateSessionQuality(random, control) - simulateSessionQuality(random, canary) + 1) / 2,
    nullMean,
  );
}

/**
 * The same for a detector that hears the losses of one stream of sessions: at an average run length of A, ln(A) / growth is
 * the delay of first order that no detector beats in the worst case (Lorden 1971).
 */
export function detectionBound(session: SessionModel, lossBound: number): number {
  return bestGrowth((random) => 1 - simulateSessionQuality(random, session), lossBound);
}

function bestGrowth(draw: (random: SeededRandom) => number, nullMean: number): number {
  const random = createSeededRandom(SEED);
  const values = Array.from({ length: DRAWS }, () => draw(random));
  const growth = (lambda: number) =>
    values.reduce((sum, value) => sum + Math.log1p(lambda * (value - nullMean)), 0) / values.length;
  // The growth is concave in lambda: golden-section search.
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, 1 / nullMean - 1e-6];
  while (high - low > 1e-3) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (growth(left) < growth(right)) low = left;
    else high = right;
  }
  return growth((low + high) / 2);
}
