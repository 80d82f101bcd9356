import type { RandomStream } from '../contract/random-stream.ts';
import type { Choice, SearchSpace, Trial } from './search-space.ts';
import { subsetSurrogate } from './subset-surrogate.ts';
import { createTpeModel, drawUniformly, suggest } from './tpe.ts';

/** Which instruction, and which of the pool as demonstrations. */
export interface DemonstrationChoice {
  readonly instruction: number;
  /** 1 for each member of the pool that is shown, else 0. */
  readonly members: readonly number[];
  /** As the sampler models it. */
  readonly values: Choice;
}

export interface TriedChoice {
  readonly choice: DemonstrationChoice;
  /** Null for rows without a score; a trial without any is a failed one. */
  readonly rowScores: readonly (number | null)[];
}

export interface ChoiceSpace {
  readonly encoding: 'bits' | 'slots';
  readonly poolSize: number;
  readonly instructions: number;
  readonly least: number;
  readonly most: number;
  /** Members of every choice. */
  readonly fixed: readonly number[];
  readonly startupTrials: number;
  readonly candidates: number;
}

/** Draws of choices that were tried already before a search counts as exhausted. */
const REPEATS_MAX = 50;

/** The next choice that has not been tried; null when none is found. */
export function nextChoice(
  tried: readonly TriedChoice[],
  space: ChoiceSpace,
  random: (purpose: string) => RandomStream,
): DemonstrationChoice | null {
  const known = new Set(tried.map(({ choice }) => keyOf(choice)));
  const trials = tried.map(asTrial);
  const finished = trials.filter((trial) => trial.state === 'complete').length;
  const parameters = parametersOf(space);
  const decode = (values: Choice) => decodeChoice(values, space, random('repair'));
  if (finished >= space.startupTrials) {
    const modelled = space.encoding === 'bits' ? bestOfPool(tried, trials, known, space, parameters, random) : null;
    if (modelled !== null) return modelled;
  }
  for (let repeat = 0; repeat < REPEATS_MAX; repeat += 1) {
    const options = { startupTrials: space.startupTrials, candidates: space.candidates, multivariate: true };
    const values = suggest(parameters, trials, options, random('tpe')) ?? drawUniformly(parameters, random('startup'));
    const choice = decode(values);
    if (!known.has(keyOf(choice))) return choice;
  }
  return null;
}

/**
 * The most promising of draws from the good mixture and of the neighbours of the best: by turns as the ratio of the
 * estimator says, which looks at whole scores, and as single rows say, which learns faster and is the rougher model.
 */
function bestOfPool(
  tried: readonly TriedChoice[],
  trials: readonly Trial[],
  known: ReadonlySet<string>,
  space: ChoiceSpace,
  parameters: SearchSpace,
  random: (purpose: string) => RandomStream,
): DemonstrationChoice | null {
  const model = createTpeModel(parameters, trials);
  const drawn = Array.from({ length: space.candidates }, () =>
    decodeChoice(model.draw(random('tpe')), space, random('repair')),
  );
  const best = trials.reduce(
    (top, trial, index) => ((trial.score ?? -1) > (trials[top]?.score ?? -1) ? index : top),
    0,
  );
  const pool = [...drawn, ...neighbours(tried[best]?.choice, space)].filter((choice) => !known.has(keyOf(choice)));
  const predict = subsetSurrogate(
    tried.map(({ choice, rowScores }) => ({ members: flagsOf(choice, space), rowScores })),
  );
  const byRows = trials.length % 2 === 1;
  const promise = (choice: DemonstrationChoice) =>
    byRows ? predict(flagsOf(choice, space)) : model.ratio(choice.values);
  let chosen: DemonstrationChoice | null = null;
  let largest = Number.NEGATIVE_INFINITY;
  for (const choice of pool) {
    const value = promise(choice);
    if (value <= largest) continue;
    chosen = choice;
    largest = value;
  }
  return chosen;
}

/** One member more, one less, one exchanged, or another instruction. */
function neighbours(choice: DemonstrationChoice | undefined, space: ChoiceSpace): DemonstrationChoice[] {
  if (choice === undefined) return [];
  const { members, instruction } = choice;
  const found: DemonstrationChoice[] = [];
  const changed = (indices: readonly number[]) =>
    members.map((bit, index) => (indices.includes(index) ? 1 - bit : bit));
  const add = (bits: readonly number[], which: number) => {
    const count = bits.reduce((sum, bit) => sum + bit, 0);
    if (count >= space.least && count <= space.most && space.fixed.every((index) => bits[index] === 1)) {
      found.push(encodeBits(bits, which));
    }
  };
  for (let index = 0; index < members.length; index += 1) {
    add(changed([index]), instruction);
    for (let other = index + 1; other < members.length; other += 1) {
      if (members[index] !== members[other]) add(changed([index, other]), instruction);
    }
  }
  for (let which = 0; which < space.instructions; which += 1) if (which !== instruction) add(members, which);
  return found;
}

function parametersOf({ encoding, poolSize, instructions, most }: ChoiceSpace): SearchSpace {
  const chosen =
    encoding === 'bits'
      ? Array.from(
          { length: poolSize },
          (_, index) => [`member-${index}`, { kind: 'categorical', choices: 2 }] as const,
        )
      : Array.from(
          { length: most },
          (_, slot) => [`slot-${slot}`, { kind: 'categorical', choices: poolSize + 1 }] as const,
        );
  const instruction = ['instruction', { kind: 'categorical', choices: instructions }] as const;
  return Object.fromEntries(instructions > 1 ? [...chosen, instruction] : chosen);
}

/** A choice within the limits: fixed members are added, too many are thinned out, too few filled up. */
function decodeChoice(values: Choice, space: ChoiceSpace, random: RandomStream): DemonstrationChoice {
  const instruction = values['instruction'] ?? 0;
  const on = new Set(space.fixed);
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('member-') && value === 1) on.add(Number(name.slice('member-'.length)));
    // The last value of a slot leaves it empty.
    if (name.startsWith('slot-') && value < space.poolSize) on.add(value);
  }
  const all = Array.from({ length: space.poolSize }, (_, index) => index);
  while (on.size > space.most) {
    const loose = all.filter((index) => on.has(index) && !space.fixed.includes(index));
    if (loose.length === 0) break;
    on.delete(random.pick(loose));
  }
  while (on.size < space.least) on.add(random.pick(all.filter((index) => !on.has(index))));
  const bits = all.map((index) => (on.has(index) ? 1 : 0));
  return space.encoding === 'bits' ? encodeBits(bits, instruction) : { instruction, members: bits, values };
}

function encodeBits(members: readonly number[], instruction: number): DemonstrationChoice {
  const values = Object.fromEntries(members.map((bit, index) => [`member-${index}`, bit]));
  return { instruction, members, values: { ...values, instruction } };
}

function asTrial({ choice, rowScores }: TriedChoice): Trial {
  const scores = rowScores.filter((score) => score !== null);
  if (scores.length === 0) return { choice: choice.values, state: 'failed', score: null };
  const score = scores.reduce((sum, each) => sum + each, 0) / scores.length;
  return { choice: choice.values, state: 'complete', score };
}

const flagsOf = ({ members, instruction }: DemonstrationChoice, { instructions }: ChoiceSpace) => [
  ...members,
  ...Array.from({ length: instructions > 1 ? instructions : 0 }, (_, index) => (index === instruction ? 1 : 0)),
];

const keyOf = ({ members, instruction }: DemonstrationChoice) => `${instruction}:${members.join('')}`;
