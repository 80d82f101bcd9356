import { seededUniform } from '#shared/calibration/seeded-uniform.ts';

export interface MeanInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 999;
/** Two-sided 95 %. */
const TAIL = 0.025;
/** With fewer sessions their spread says nothing of the spread. */
const SESSIONS_MIN = 10;
/** One seed, so that the same sessions give the same verdict on every machine and after every restart. */
const SEED = 20_040;

/**
 * The mean of one number per session with its interval of 95 %, by the studentised bootstrap over sessions (Efron, 1979;
 * Hall, 1988). Sessions are the clusters: the calls of one are alike, and it has one number here. A plain normal interval
 * is too short on the heavy side of weighted qualities; the studentised one knows their skew.
 *
 * @returns null with too few sessions
 */
export function meanInterval(values: readonly number[]): MeanInterval | null {
  if (values.length < SESSIONS_MIN) return null;
  const { mean, error } = momentsOf(values.length, (at) => values[at] ?? 0);
  if (error === 0) return { value: mean, low: mean, high: mean };
  const random = seededUniform(SEED);
  const drawn = new Float64Array(values.length);
  const ratios: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    for (let at = 0; at < drawn.length; at += 1) drawn[at] = values[Math.floor(random() * values.length)] ?? 0;
    const again = momentsOf(drawn.length, (at) => drawn[at] ?? 0);
    if (again.error > 0) ratios.push((again.mean - mean) / again.error);
  }
  ratios.sort((left, right) => left - right);
  const at = (share: number) => ratios[Math.round(share * (ratios.length - 1))] ?? 0;
  return { value: mean, low: mean - at(1 - TAIL) * error, high: mean - at(TAIL) * error };
}

function momentsOf(count: number, valueAt: (at: number) => number): { readonly mean: number; readonly error: number } {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += valueAt(at);
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < count; at += 1) squares += (valueAt(at) - mean) ** 2;
  return { mean, error: Math.sqrt(squares / (count - 1) / count) };
}
