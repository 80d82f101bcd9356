import { setImmediate } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { governanceSchema } from '#shared/domain/governance.ts';
import { type RolloutSettings, rolloutSettingsOf } from '#shared/domain/rollout.ts';
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
  /** Runs of each world, where neither the quick number nor the full one will do. */
  readonly runs?: number | undefined;
}

const RUNS = 2_000;
const QUICK_RUNS = 300;
const TELECOM = ['telecom_default', 'telecom_no-user'];
const RETAIL = ['retail_default'];

/**
 * A model swapped for its tuned successor, and back, on recorded outcomes of tau2-bench: rollouts of a default
 * configuration in the traffic of a small team. `swap_up` counts the sessions of both arms until the proof is there,
 * `swap_up_promoted` those of the canary until it is promoted, which no rollout is before its least number of sessions.
 */
export async function swapFigures(options: SwapOptions): Promise<Figure[]> {
  const telecom = readSwapOutcomes(options.dataDirectory, TELECOM);
  const retail = readSwapOutcomes(options.dataDirectory, RETAIL);
  const runs = options.runs ?? (options.quick ? QUICK_RUNS : RUNS);
  // As the first rollout of a quarter has it.
  const rules = rolloutSettingsOf(governanceSchema.parse({ models: [] }));
  const settings = withSpentError(rules, { place: 1, rolledBack: 0, promoted: 0 });
  const measure = async (what: string, outcomes: SwapOutcomes, world: number, waits: Partial<RolloutSettings> = {}) => {
    options.progress?.(what);
    await setImmediate();
    return runMany(outcomes, runs, options.seed + world * 1_000_003, { ...settings, ...waits });
  };
  const proven = await measure('telecom: until it is proven', telecom, 1, { minSessions: 1, minDurationMs: 0 });
  const up = await measure('telecom: to the tuned model', telecom, 1);
  const down = await measure('telecom: back from the tuned model', turned(telecom), 2);
  // Whichever of the two happened to do better on these tasks, neither direction is a change for the worse.
  const there = await measure('retail: to the tuned model', retail, 3);
  const back = await measure('retail: back from the tuned model', turned(retail), 4);
  return [
    sessionsToPromotion('swap_up', proven, 2),
    sessionsToPromotion('swap_up_promoted', up, 1),
    share('swap_down', down, ({ decision }) => decision === 'rollBack'),
    share('swap_null', [...there, ...back], ({ decision }) => decision !== 'rollBack'),
  ];
}

function runMany(outcomes: SwapOutcomes, runs: number, seed: number, settings: RolloutSettings): SwapOutcome[] {
  const canaryShare = governanceSchema.parse({ models: [] }).rollout.canary;
  const arms = { canary: outcomes.after, control: outcomes.before, canaryShare };
  return Array.from({ length: runs }, (_, run) => simulateSwap({ ...arms, seed: seed + run, settings }));
}

function turned(outcomes: SwapOutcomes): SwapOutcomes {
  return { before: outcomes.after, after: outcomes.before };
}

/** A run that was not promoted counts as one that never would be. */
function sessionsToPromotion(id: string, outcomes: readonly SwapOutcome[], arms: number): Figure {
  const sessions = outcomes.map(({ decision, pairs }) =>
    decision === 'promote' ? arms * pairs : Number.MAX_SAFE_INTEGER,
  );
  const value = median(sessions);
  return { id, value, op: '<=', bar: 80, pass: value <= 80, n: sessions.length, interval: medianInterval(sessions) };
}

function share(id: string, outcomes: readonly SwapOutcome[], counts: (outcome: SwapOutcome) => boolean): Figure {
  const hits = outcomes.filter(counts).length;
  const n = outcomes.length;
  const value = hits / n;
  return { id, value, op: '>=', bar: 0.95, pass: value >= 0.95, n, interval: proportionInterval(hits, n) };
}
