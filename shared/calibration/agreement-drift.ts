import * as z from 'zod';

/** What a sequential test of a judge's drift remembers from one night to the next. */
export const driftStateSchema = z.object({
  /** Evidence of each bettor, summed over the nights on which the drift may have begun (Shiryaev and Roberts). */
  evidence: z.array(z.number().nonnegative()),
  nights: z.number().int().nonnegative(),
  /** What was taken for normal when the watch began. */
  disagreementMax: z.number().gt(0).lt(1).optional(),
});

export type DriftState = z.infer<typeof driftStateSchema>;

export interface DriftOptions {
  /** Share of anchors that may come out otherwise without anything being wrong. */
  readonly disagreementMax: number;
  /** False alarms that are accepted in a month of nightly runs. */
  readonly falseAlarmsPerMonth: number;
}

export interface DriftStep {
  readonly state: DriftState;
  readonly alarm: boolean;
  /** Evidence over what an alarm takes; 1 is an alarm. */
  readonly level: number;
}

export const DRIFT_START: DriftState = { evidence: [], nights: 0 };

const NIGHTS_PER_MONTH = 30;
/** Shares of the largest bet that is still fair: bold ones find a collapse in a night, timid ones a slow drift. */
const BETS = [0.1, 0.25, 0.5, 0.9] as const;

/**
 * One night of anchors. Each bettor stakes a share on every anchor's disagreement; while anchors disagree no more
 * often than allowed, its capital is expected not to grow, and the mean of the sums is an e-detector: false alarms
 * come on average no more often than once in `threshold` nights, whatever the number of looks.
 */
export function stepDrift(
  state: DriftState,
  night: { readonly anchors: number; readonly disagreed: number },
  options: DriftOptions,
): DriftStep {
  const { disagreementMax, falseAlarmsPerMonth } = options;
  const threshold = NIGHTS_PER_MONTH / falseAlarmsPerMonth;
  const agreed = night.anchors - night.disagreed;
  const evidence = BETS.map((bet, index) => {
    const won = Math.log1p((bet * (1 - disagreementMax)) / disagreementMax);
    const growth = Math.exp(night.disagreed * won + agreed * Math.log1p(-bet));
    return Math.min(Number.MAX_SAFE_INTEGER, (1 + (state.evidence[index] ?? 0)) * growth);
  });
  const level = evidence.reduce((sum, value) => sum + value, 0) / evidence.length / threshold;
  const alarm = level >= 1;
  // After an alarm the watch begins anew, or every further night would repeat it.
  return { state: { evidence: alarm ? [] : evidence, nights: state.nights + 1 }, alarm, level };
}
