import { setImmediate } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { governanceSchema } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { withSpentError } from '#shared/domain/spend-error.ts';
import type { Figure } from '../figure.ts';
import { medianInterval, proportionInterval } from '../intervals.ts';
import { readSwapOutcomes, type SwapOutcomes } from './read-swap-outcomes.ts';
import { type SwapOutcome, simulateSwap } from './simulate-swap.ts';

export interface SwapOptions {
  readonly quick: boolean;
  readonly seed: number;
  /** Folder of the public data sets, which `tau2-bench` is one of. */
  readonly dataDirectory: string;
  readonly progress?: ((line: string) => void) | undefined;
}

const RUNS = 2_000;
const QUICK_RUNS = 300;
const TELECOM = ['telecom_default', 'telecom_no-user'];
const RETAIL = ['retail_default'];

/**
 * A model swapped for its tuned successor, and back, on recorded outcomes of tau2-bench: rollouts of a default
 * configuration in the traffic of a small team. `swap_up` counts the sessions of the canary until it is promoted.
 */
export async function swapFigures(options: SwapOptions): Promise<Figure[]> {
  const telecom = readSwapOutcomes(options.dataDirectory, TELECOM);
  const retail = readSwapOutcomes(options.dataDirectory, RETAIL);
  const runs = options.quick ? QUICK_RUNS : RUNS;
  const measure = async (what: string, outcomes: SwapOutcomes, world: number) => {
    options.progress?.(what);
    await setImmediate();
    return runMany(outcomes, runs, options.seed + world * 1_000_003);
  };
  const up = await measure('telecom: to the tuned model', telecom, 1);
  const down = await measure('telecom: back from the tuned model', turned(telecom), 2);
  // Whichever of the two happened to do better on these tasks, neither direction is a change for the worse.
  const there = await measure('retail: to the tuned model', retail, 3);
  const back = await measure('retail: back from the tuned model', turned(retail), 4);
  return [
    sessionsToPromotion(up),
    share('swap_down', down, ({ decision }) => decision === 'rollBack'),
    share('swap_null', [...there, ...back], ({ decision }) => decision !== 'rollBack'),
  ];
}

function runMany(outcomes: SwapOutcomes, runs: number, seed: number): SwapOutcome[] {
  const governance = governanceSchema.parse({ models: [] });
  // As the first rollout of a quarter has it.
  const settings = withSpentError(rolloutSettingsOf(governance), { place: 1, rolledBack: 0, promoted: 0 });
  const arms = { canary: outcomes.after, control: outcomes.before, canaryShare: governance.rollout.canary };
  return Array.from({ length: runs }, (_, run) => simulateSwap({ ...arms, seed: seed + run, settings }));
}

function turned(outcomes: SwapOutcomes): SwapOutcomes {
  return { before: outcomes.after, after: outcomes.before };
}

/** A run that was not promoted counts as one that never would be. */
function sessionsToPromotion(outcomes: readonly SwapOutcome[]): Figure {
  const sessions = outcomes.map(({ decision, pairs }) => (decision === 'promote' ? pairs : Number.MAX_SAFE_INTEGER));
  const value = median(sessions);
  const interval = medianInterval(sessions);
  return { id: 'swap_up', value, op: '<=', bar: 80, pass: value <= 80, n: sessions.length, interval };
}

function share(id: string, outcomes: readonly SwapOutcome[], counts: (outcome: SwapOutcome) => boolean): Figure {
  const hits = outcomes.filter(counts).length;
  const n = outcomes.length;
  const value = hits / n;
  return { id, value, op: '>=', bar: 0.95, pass: value >= 0.95, n, interval: proportionInterval(hits, n) };
}
