import type { RandomStream } from '../contract/random-stream.ts';
import { createParzenEstimator, drawChoice, logLikelihood } from './parzen-estimator.ts';
import type { Choice, Parameter, SearchSpace, Trial } from './search-space.ts';

export interface TpeOptions {
  /** Finished trials before the model is asked; until then choices are drawn by `start`. */
  readonly startupTrials: number;
  /** Draws of which the one with the largest ratio is taken. */
  readonly candidates: number;
  /** One model over all parameters together, or one for each. */
  readonly multivariate: boolean;
}

/** Of n finished trials, this share and no more than this many count as good. */
const GOOD_SHARE = 0.1;
const GOOD_MAX = 25;

export const goodCount = (finished: number) => Math.min(Math.ceil(GOOD_SHARE * finished), GOOD_MAX);

/** What the finished trials say: draws of good choices, and how much likelier a choice is among good ones. */
export interface TpeModel {
  draw(random: RandomStream): Choice;
  /** Log of the ratio of densities, good to others. */
  ratio(choice: Choice): number;
}

/**
 * The tree-structured Parzen estimator (Bergstra et al. 2011, with the constants of today's implementations): good and
 * other trials each make a mixture over all parameters together. Running trials count as others, so that a batch
 * spreads out.
 */
export function createTpeModel(space: SearchSpace, trials: readonly Trial[]): TpeModel {
  const { good, others } = splitTrials(trials);
  const [below, above] = [createParzenEstimator(space, good), createParzenEstimator(space, others)];
  return {
    draw: (random) => drawChoice(below, random),
    ratio: (choice) => logLikelihood(below, choice) - logLikelihood(above, choice),
  };
}

/**
 * The next choice: of some draws from the good ones that with the largest ratio. Null before the start-up trials are
 * finished, when there is nothing to model.
 */
export function suggest(
  space: SearchSpace,
  trials: readonly Trial[],
  options: TpeOptions,
  random: RandomStream,
): Choice | null {
  const finished = trials.filter((trial) => trial.state === 'complete');
  if (finished.length < options.startupTrials) return null;
  if (options.multivariate) return bestDraw(createTpeModel(space, trials), options.candidates, random);
  const each = Object.entries(space).map(([name, parameter]) => {
    const chosen = bestDraw(createTpeModel({ [name]: parameter }, trials), options.candidates, random);
    return [name, chosen[name] ?? 0] as const;
  });
  return Object.fromEntries(each);
}

/** The best ones and the rest, each in the order of the trials, by which they are weighted. Of equals the first. */
export function splitTrials(trials: readonly Trial[]): {
  readonly good: readonly Choice[];
  readonly others: readonly Choice[];
} {
  const finished = trials.flatMap((trial, index) =>
    trial.state === 'complete' ? [{ index, score: trial.score ?? 0 }] : [],
  );
  const ranked = finished.toSorted((left, right) => right.score - left.score || left.index - right.index);
  const best = new Set(ranked.slice(0, goodCount(finished.length)).map(({ index }) => index));
  const good = trials.filter((_trial, index) => best.has(index)).map((trial) => trial.choice);
  const others = trials
    .filter((trial, index) => !best.has(index) && trial.state !== 'failed')
    .map((trial) => trial.choice);
  return { good, others };
}

function bestDraw(model: TpeModel, candidates: number, random: RandomStream): Choice {
  let best: Choice = {};
  let largest = Number.NEGATIVE_INFINITY;
  for (let drawn = 0; drawn < candidates; drawn += 1) {
    const choice = model.draw(random);
    const ratio = model.ratio(choice);
    if (ratio <= largest) continue;
    best = choice;
    largest = ratio;
  }
  return best;
}

/** A choice that knows nothing. */
export function drawUniformly(space: SearchSpace, random: RandomStream): Choice {
  return Object.fromEntries(Object.entries(space).map(([name, parameter]) => [name, drawOne(parameter, random)]));
}

function drawOne(parameter: Parameter, random: RandomStream): number {
  if (parameter.kind === 'categorical') return random.integer(parameter.choices);
  const { low, high } = parameter;
  if (parameter.kind === 'integer') return low + random.integer(high - low + 1);
  const uniform = random.uniform();
  return parameter.log === true ? low * (high / low) ** uniform : low + (high - low) * uniform;
}
