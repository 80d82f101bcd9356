/** The least that an uncertain case is worth over a certain one; see `judgingShare`. */
const CERTAIN_WORTH = 0.5;
/** Judged at least this often, whatever triage thinks: a triage that is wrong would otherwise never be found out. */
const FLOOR_OF_SHARE = 0.25;
/** Bounds the weight that one judged call can get in an average. */
const PROBABILITY_MIN = 0.01;

export interface JudgingBudget {
  /** Share of the subjects that the operator wants judged while there is money. */
  readonly share: number;
  /** What was spent and reserved today over what today's budget gives up to now; above 1 it runs out early. */
  readonly pressure: number;
}

/**
 * The probability with which a subject is judged, given its P(success): the less certain, the more. A share of 1 within
 * the budget judges everything; a smaller one is spent where the outcome is open, share^(1 / (0.5 + u)) with u = 4 p (1
 * - p). It is stored with every verdict and every omission, and averages divide by it.
 */
export function judgingShare(probability: number, { share, pressure }: JudgingBudget): number {
  if (share <= 0) return 0;
  const affordable = share / Math.max(1, pressure);
  const openness = 4 * probability * (1 - probability);
  const deserved = affordable ** (1 / (CERTAIN_WORTH + openness));
  return Math.min(1, Math.max(deserved, affordable * FLOOR_OF_SHARE, PROBABILITY_MIN));
}

const DAY_MS = 86_400_000;
/** Early in the day nothing is spent and little is given: some of the day is taken as gone. */
const DAY_START_SHARE = 0.1;

/** How fast a day's budget goes: 1 is just in time. A budget of nothing presses without limit. */
export function budgetPressure(spentUsd: number, dailyBudgetUsd: number, nowMs: number): number {
  const elapsed = Math.max(DAY_START_SHARE, (nowMs % DAY_MS) / DAY_MS);
  if (dailyBudgetUsd <= 0) return Number.POSITIVE_INFINITY;
  return spentUsd / (dailyBudgetUsd * elapsed);
}
