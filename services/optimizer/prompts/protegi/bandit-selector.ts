import * as z from 'zod';

export const SELECTOR_NAMES = ['ucb', 'ucb-e', 'successive-rejects', 'successive-halving', 'brute-force'] as const;

export type SelectorName = (typeof SELECTOR_NAMES)[number];

export interface SelectorOptions {
  readonly name: SelectorName;
  /** Arms that remain at the end: the beam. */
  readonly keep: number;
  /** Rows that all arms together may cost. */
  readonly budget: number;
  /** Weight of the bonus for arms that were tried little; 1 as published. */
  readonly c: number;
  readonly evalRounds: number;
  readonly evalPromptsPerRound: number;
  readonly samplesPerEval: number;
}

/** Serialisable; what was measured of an arm so far, by its index. */
export const selectorStateSchema = z.object({
  round: z.int().nonnegative(),
  arms: z.array(z.object({ count: z.int().nonnegative(), sum: z.number() })),
  alive: z.array(z.int().nonnegative()),
});

export type SelectorState = z.infer<typeof selectorStateSchema>;

/** Arms to be scored next, each on the same number of further rows. */
export interface Pulls {
  readonly arms: readonly number[];
  readonly rows: number;
}

/** New rows of one phase of successive rejects at the least. */
const PHASE_ROWS_MIN = 4;

export function createSelector(armCount: number): SelectorState {
  const indexes = Array.from({ length: armCount }, (_, index) => index);
  return { round: 0, arms: indexes.map(() => ({ count: 0, sum: 0 })), alive: indexes };
}

/** What is to be scored in the present round, or null once the selector is done. `uniform` is drawn in the first round of UCB only. */
export function nextPulls(state: SelectorState, options: SelectorOptions, uniform: () => number): Pulls | null {
  if (state.alive.length <= options.keep) return null;
  switch (options.name) {
    case 'ucb':
    case 'ucb-e':
      return ucbPulls(state, options, uniform);
    case 'successive-rejects':
      return rejectsPulls(state, options.budget);
    case 'successive-halving':
      return state.round >= halvingPhases(state.arms.length)
        ? null
        : { arms: state.alive, rows: halvingRows(state, options.budget) };
    case 'brute-force':
      return state.round > 0
        ? null
        : { arms: state.alive, rows: Math.max(1, Math.floor(options.budget / state.alive.length)) };
    default:
      return options.name satisfies never;
  }
}

/** The state after a round was scored: `scores` per arm that was pulled. Arms are dropped as the selector has it. */
export function afterPulls(
  state: SelectorState,
  options: SelectorOptions,
  scores: ReadonlyMap<number, readonly number[]>,
): SelectorState {
  const arms = state.arms.map((arm, index) => {
    const added = scores.get(index) ?? [];
    return { count: arm.count + added.length, sum: arm.sum + added.reduce((sum, score) => sum + score, 0) };
  });
  const scored = { round: state.round + 1, arms, alive: state.alive };
  if (options.name === 'successive-rejects') return { ...scored, alive: ranked(scored).slice(0, -1).sort(ascending) };
  if (options.name === 'successive-halving') return { ...scored, alive: aboveMean(scored, options.keep) };
  return scored;
}

/** The `keep` best of the arms that are left, best first; equal means in the order of the arms. */
export function selectedArms(state: SelectorState, keep: number): readonly number[] {
  return ranked(state).slice(0, keep);
}

export function armMean(arm: { readonly count: number; readonly sum: number } | undefined): number {
  return arm === undefined || arm.count === 0 ? 0 : arm.sum / arm.count;
}

function ucbPulls(state: SelectorState, options: SelectorOptions, uniform: () => number): Pulls | null {
  if (state.round >= options.evalRounds) return null;
  const take = Math.min(options.evalPromptsPerRound, state.alive.length);
  const total = state.arms.reduce((sum, arm) => sum + arm.count, 0);
  const index = (at: number) => (state.round === 0 ? uniform() : ucbIndex(state.arms[at], total, options));
  const byIndex = state.alive.map((at) => ({ at, value: index(at) })).sort((a, b) => b.value - a.value || a.at - b.at);
  return {
    arms: byIndex
      .slice(0, take)
      .map(({ at }) => at)
      .sort(ascending),
    rows: options.samplesPerEval,
  };
}

/**
 * UCB: mean + c sqrt(ln t / n); UCB-E: mean + c sqrt(c / n). t is the number of rows scored so far in all; the released
 * code takes the index of the round, whose logarithm is no bonus at all in the second round. Untried arms come first.
 */
export function ucbIndex(
  arm: { readonly count: number; readonly sum: number } | undefined,
  total: number,
  options: Pick<SelectorOptions, 'name' | 'c'>,
): number {
  if (arm === undefined || arm.count === 0) return Number.MAX_VALUE;
  const spread = options.name === 'ucb-e' ? options.c / arm.count : Math.log(total) / arm.count;
  return armMean(arm) + options.c * Math.sqrt(spread);
}

/**
 * Rows that successive rejects adds to each arm in phase k (from 1): the difference of n_k = ceil((budget - n) /
 * (logbar n (n + 1 - k))) and n_(k-1) for n arms (Audibert and Bubeck 2010), and at least 4. The released code puts the
 * number of arms to drop for n, which spends about three times the budget when a beam is kept.
 */
export function rejectsRows(armCount: number, phase: number, budget: number): number {
  let logBar = 0.5;
  for (let index = 2; index <= armCount; index += 1) logBar += 1 / index;
  const length = (k: number) => (k === 0 ? 0 : Math.ceil((budget - armCount) / (logBar * (armCount + 1 - k))));
  return Math.max(PHASE_ROWS_MIN, length(phase) - length(phase - 1));
}

/** The floor of 4 rows may not spend what is not there: a budget too small for it ends the selection early. */
function rejectsPulls(state: SelectorState, budget: number): Pulls | null {
  const spent = state.arms.reduce((sum, arm) => sum + arm.count, 0);
  const affordable = Math.floor((budget - spent) / state.alive.length);
  const rows = Math.min(affordable, rejectsRows(state.arms.length, state.round + 1, budget));
  return rows < 1 ? null : { arms: state.alive, rows };
}

function halvingPhases(armCount: number): number {
  return Math.ceil(Math.log2(armCount));
}

/** budget / (arms left × ⌈log2 n⌉), at least one row. */
function halvingRows(state: SelectorState, budget: number): number {
  return Math.max(1, Math.floor(budget / (state.alive.length * halvingPhases(state.arms.length))));
}

/** Arms that are not below the mean of those alive; never fewer than are kept. */
function aboveMean(state: SelectorState, keep: number): number[] {
  const mean = state.alive.reduce((sum, at) => sum + armMean(state.arms[at]), 0) / state.alive.length;
  const above = state.alive.filter((at) => armMean(state.arms[at]) >= mean);
  return above.length >= keep ? above : ranked(state).slice(0, keep).sort(ascending);
}

function ranked(state: SelectorState): number[] {
  return [...state.alive].sort((a, b) => armMean(state.arms[b]) - armMean(state.arms[a]) || a - b);
}

function ascending(a: number, b: number): number {
  return a - b;
}
