import { mean } from 'simple-statistics';

/** A stated probability, and what came of it. */
export interface Forecast {
  readonly probability: number;
  readonly label: 0 | 1;
}

const BINS = 10;
/** Worlds that are drawn for the mean of a calibrated forecaster; its standard error is then far below 0.001. */
const SIMULATIONS = 400;

/** Mean squared error of the probabilities. */
export function brierScore(forecasts: readonly Forecast[]): number {
  return mean(forecasts.map(({ probability, label }) => (probability - label) ** 2));
}

/** 1 - Brier over that of always stating the base rate: above 0 is better than it. Null when all came out alike. */
export function brierSkill(forecasts: readonly Forecast[]): number | null {
  const base = mean(forecasts.map(({ label }) => label));
  return base === 0 || base === 1 ? null : 1 - brierScore(forecasts) / (base * (1 - base));
}

/** Expected calibration error over ten bins of equally many forecasts. */
export function calibrationError(forecasts: readonly Forecast[]): number {
  return errorOfOrdered(inOrder(forecasts));
}

function inOrder(forecasts: readonly Forecast[]): readonly Forecast[] {
  return forecasts.toSorted((left, right) => left.probability - right.probability);
}

function errorOfOrdered(ordered: readonly Forecast[]): number {
  let error = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const start = Math.floor((bin * ordered.length) / BINS);
    const end = Math.floor(((bin + 1) * ordered.length) / BINS);
    let difference = 0;
    for (let index = start; index < end; index += 1) {
      const forecast = ordered[index];
      if (forecast !== undefined) difference += forecast.probability - forecast.label;
    }
    error += Math.abs(difference) / ordered.length;
  }
  return error;
}

/**
 * Calibration error less what a perfectly calibrated forecaster shows on as many forecasts: on a few hundred, luck
 * alone makes several points.
 *
 * @param random uniform in [0, 1)
 */
export function debiasedCalibrationError(forecasts: readonly Forecast[], random: () => number): number {
  const ordered = inOrder(forecasts);
  let luck = 0;
  for (let world = 0; world < SIMULATIONS; world += 1) {
    const drawn = ordered.map(({ probability }): Forecast => ({ probability, label: random() < probability ? 1 : 0 }));
    luck += errorOfOrdered(drawn) / SIMULATIONS;
  }
  return errorOfOrdered(ordered) - luck;
}
