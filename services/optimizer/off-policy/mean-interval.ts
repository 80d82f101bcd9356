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
/** More sessions than this are taken in groups of equal size: resampling them one by one would hold up everything else. */
const UNITS_MAX = 1_000;
/** Below it all values are alike. */
const ROUNDING = 1e-12;
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
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  const units = groupMeans(values);
  const { mean, error } = momentsOf(units);
  if (error <= ROUNDING * Math.abs(mean)) return { value, low: value, high: value };
  const random = seededUniform(SEED);
  const drawn = new Float64Array(units.length);
  const ratios = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    for (let at = 0; at < drawn.length; at += 1) drawn[at] = units[Math.floor(random() * units.length)] ?? 0;
    const again = momentsOf(drawn);
    // All alike, as a draw of few may be: it says nothing of the spread, and is as good as none.
    ratios[resample] = again.error === 0 ? 0 : (again.mean - mean) / again.error;
  }
  ratios.sort();
  const at = (share: number) => ratios[Math.round(share * (RESAMPLES - 1))] ?? 0;
  return { value, low: value - at(1 - TAIL) * error, high: value - at(TAIL) * error };
}

/** Means of as many equal groups as may be, every n-th session in one; what is over is left out of the spread alone. */
function groupMeans(values: readonly number[]): Float64Array {
  const size = Math.ceil(values.length / UNITS_MAX);
  const groups = Math.floor(values.length / size);
  const means = new Float64Array(groups);
  for (let at = 0; at < groups * size; at += 1) {
    const group = at % groups;
    means[group] = (means[group] ?? 0) + (values[at] ?? 0) / size;
  }
  return means;
}

function momentsOf(values: Float64Array): { readonly mean: number; readonly error: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}
