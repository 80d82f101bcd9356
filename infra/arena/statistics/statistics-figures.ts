import { setImmediate } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { alarmDelay, alarmGrowth, shippedThreshold, UNIT_THRESHOLD } from './alarm-figures.ts';
import { falseDemotions } from './false-demotions.ts';
import { falseRollBacks, pairsToRollBack, promotionsOfWorse } from './rollout-figures.ts';

export interface StatisticsOptions {
  readonly quick: boolean;
  readonly seed: number;
  /** Hears what is measured next. */
  readonly progress?: ((line: string) => void) | undefined;
}

/** Runs of each world, and sessions without a change that demotions are counted over. */
const FULL = { aa: 5_000, aaStrata: 2_000, promotions: 5_000, runs: 2_000, sessions: 4_000_000 } as const;
const QUICK = { aa: 1_000, aaStrata: 300, promotions: 1_000, runs: 300, sessions: 500_000 } as const;
/** Sessions of a real project fall into several turn shapes; measured beside the process over all pairs. */
const STRATA = 6;
const PAIRS_BARS = [
  [10, 100],
  [20, 45],
  [50, 18],
] as const;
/** Share of the speed of the best test, knowing the world, that is asked for. */
const EFFICIENCY_BAR = 0.65;
const ALARM_BARS = [
  [10, 60],
  [20, 20],
  [50, 8],
] as const;

/**
 * How often rollouts and alarms decide wrongly, and how soon they decide rightly, on simulated sessions: through the
 * analysis and the alarms that run in production, at the settings of a default configuration.
 */
export async function statisticsFigures(options: StatisticsOptions): Promise<Figure[]> {
  const size = options.quick ? QUICK : FULL;
  const { seed } = options;
  const figures: Figure[] = [];
  const measure = async (what: string, work: () => readonly Figure[]) => {
    options.progress?.(what);
    // The simulations never wait: whoever listens to the progress must get a turn.
    await setImmediate();
    figures.push(...work());
  };
  const aa = { runs: size.aa, seed, strata: 1 };
  await measure(`${size.aa} rollouts of a canary like its control`, () => [falseRollBacks(aa)]);
  const spread = { ...aa, runs: size.aaStrata, strata: STRATA };
  await measure(`the same over ${STRATA} strata`, () => [suffixed(falseRollBacks(spread))]);
  await measure('canaries three points worse', () => [promotionsOfWorse({ runs: size.promotions, seed, strata: 1 })]);
  for (const strata of [1, STRATA]) {
    await measure(`pairs to a rollback, strata: ${strata}`, () => {
      const delays = PAIRS_BARS.map(([points, bar]) => pairsToRollBack({ runs: size.runs, seed, strata }, points, bar));
      const found = [...delays.map((delay) => delay.pairs), least(delays.map((delay) => delay.efficiency))];
      return strata === 1 ? found : found.map(suffixed);
    });
  }
  await measure('sessions to an alarm', () => alarmFigures(size.runs, seed));
  await measure(`${size.sessions} sessions without a change`, () => [
    falseDemotions({ sessions: size.sessions, seed }),
  ]);
  return figures;
}

/**
 * At the unit against its bars; and at the threshold that a default configuration gives, where the bar is what a delay
 * of first order (Lorden 1971) may be at the efficiency asked of rollouts.
 */
function alarmFigures(runs: number, seed: number): Figure[] {
  const shipped = shippedThreshold();
  return ALARM_BARS.flatMap(([points, bar]) => {
    const optimum = Math.log(shipped) / alarmGrowth(points);
    return [
      alarmDelay({ id: `alarm_${points}`, runs, seed, points, threshold: UNIT_THRESHOLD, bar }),
      alarmDelay({
        ...{ runs, seed, points, threshold: shipped },
        id: `alarm_${points}_shipped`,
        bar: optimum / EFFICIENCY_BAR,
      }),
    ];
  });
}

function suffixed(figure: Figure): Figure {
  return { ...figure, id: `${figure.id}_strata${STRATA}` };
}

function least(figures: readonly Figure[]): Figure {
  return figures.reduce((lowest, figure) => (figure.value < lowest.value ? figure : lowest));
}
