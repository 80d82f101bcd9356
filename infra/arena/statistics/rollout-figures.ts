import { governanceSchema } from '#shared/domain/governance.ts';
import { type RolloutSettings, rolloutSettingsOf } from '#shared/domain/rollout.ts';
import type { Figure } from '../figure.ts';
import { growthBound } from '../growth-bound.ts';
import { meanInterval, proportionInterval } from '../intervals.ts';
import { type RolloutOutcome, simulateRollout } from '../simulate-rollout.ts';
import type { SessionModel } from '../simulate-session.ts';

/** The incumbent of all worlds: sessions of ten calls that go alike, as those of one task on one model do. */
export const INCUMBENT: SessionModel = { mean: 0.8, calls: 10, intraClassCorrelation: 0.3 };
const PAIRS_MAX = 2_000;

export interface RolloutFigureOptions {
  readonly runs: number;
  readonly seed: number;
  /** Number of strata that sessions fall into; 1 measures the process over all pairs. */
  readonly strata: number;
}

/** The settings that a default configuration gives, but for the waits, which simulated time has no use for. */
function defaultSettings(): RolloutSettings {
  return { ...rolloutSettingsOf(governanceSchema.parse({ models: [] })), minDurationMs: 0, maxSessions: PAIRS_MAX };
}

function runMany(options: RolloutFigureOptions, drop: number, settings: RolloutSettings, world: number) {
  const canary = { ...INCUMBENT, mean: INCUMBENT.mean - drop };
  return Array.from({ length: options.runs }, (_, run) => {
    const seed = options.seed + world * 1_000_003 + run;
    return simulateRollout({ seed, canary, control: INCUMBENT, strata: options.strata, pairs: PAIRS_MAX, settings });
  });
}

/** Rollbacks of a canary that is the same as the control, looked at after every one of its pairs, never promoted. */
export function falseRollBacks(options: RolloutFigureOptions): Figure {
  const neverPromote = { ...defaultSettings(), minSessions: PAIRS_MAX + 1 };
  return proportion('aa_false_rollback', runMany(options, 0, neverPromote, 1), 'rollBack', 0.013);
}

/** Promotions of a canary that is exactly as much worse as may not be promoted. */
export function promotionsOfWorse(options: RolloutFigureOptions): Figure {
  return proportion('promote_worse3', runMany(options, 0.03, defaultSettings(), 2), 'promote', 0.05);
}

/** Pairs until a canary that is worse is rolled back, and how near that comes to what no test can beat. */
export interface RollBackDelay {
  readonly pairs: Figure;
  /** ln(1 / alpha) / g* over the mean number of pairs (Wald 1945, with the growth of the best bet for the divergence). */
  readonly efficiency: Figure;
}

export function pairsToRollBack(options: RolloutFigureOptions, points: number, bar: number): RollBackDelay {
  const settings = { ...defaultSettings(), minSessions: PAIRS_MAX + 1 };
  const outcomes = runMany(options, points / 100, settings, 10 + points);
  const pairs = outcomes.filter((outcome) => outcome.decision === 'rollBack').map((outcome) => outcome.pairs);
  const { mean, low, high } = meanInterval(pairs);
  const nullMean = (1 + settings.rollBackTolerance) / 2;
  const growth = growthBound({ ...INCUMBENT, mean: INCUMBENT.mean - points / 100 }, INCUMBENT, nullMean);
  const optimum = Math.log(1 / settings.alphaRollBack) / growth;
  const n = outcomes.length;
  // A mean over the runs that came to a rollback says nothing unless that is all of them.
  const all = pairs.length === n;
  return {
    pairs: { id: `pairs_${points}`, value: mean, op: '<=', bar, pass: all && mean <= bar, n, interval: [low, high] },
    efficiency: {
      id: 'efficiency',
      value: optimum / mean,
      op: '>=',
      bar: 0.65,
      pass: all && optimum / mean >= 0.65,
      n,
      interval: [optimum / high, optimum / low],
    },
  };
}

function proportion(
  id: string,
  outcomes: readonly RolloutOutcome[],
  counted: RolloutOutcome['decision'],
  bar: number,
): Figure {
  const hits = outcomes.filter((outcome) => outcome.decision === counted).length;
  const n = outcomes.length;
  return { id, value: hits / n, op: '<=', bar, pass: hits / n <= bar, n, interval: proportionInterval(hits, n) };
}
