import { errorFunction } from 'simple-statistics';

/** Normal distribution cut to [low, high] and scaled to mass 1. */
export interface TruncatedNormal {
  readonly mean: number;
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
}

const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const BISECTIONS = 60;
/** The error function is exact to about this; kernels lie within their bounds, so that no mass comes near it. */
const MASS_MIN = 1e-7;

export function logDensity({ mean, deviation, low, high }: TruncatedNormal, value: number): number {
  if (value < low || value > high) return Number.NEGATIVE_INFINITY;
  const z = (value - mean) / deviation;
  return (
    -0.5 * z * z -
    LOG_ROOT_TWO_PI -
    Math.log(deviation) -
    Math.log(massWithin({ mean, deviation, low, high }, low, high))
  );
}

/** Log of the mass that falls between two bounds: of a whole number, half a step on either side. */
export function logMass(normal: TruncatedNormal, from: number, to: number): number {
  const within = massWithin(normal, Math.max(from, normal.low), Math.min(to, normal.high));
  return Math.log(within) - Math.log(massWithin(normal, normal.low, normal.high));
}

/** The value below which a share of the mass lies; `uniform` in [0, 1) makes a draw of it. */
export function quantileOf(normal: TruncatedNormal, uniform: number): number {
  let { low, high } = normal;
  const wanted = uniform * massWithin(normal, normal.low, normal.high);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (massWithin(normal, normal.low, middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mass of the whole normal between two bounds, taken on the side where it is not a difference of near ones. */
function massWithin({ mean, deviation }: TruncatedNormal, from: number, to: number): number {
  const [a, b] = [(from - mean) / deviation, (to - mean) / deviation];
  const mass = a > 0 ? upperTail(a) - upperTail(b) : upperTail(-b) - upperTail(-a);
  return Math.max(mass, MASS_MIN);
}

const upperTail = (z: number) => 0.5 * (1 - errorFunction(z / Math.SQRT2));
