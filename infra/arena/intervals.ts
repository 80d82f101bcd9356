import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

/** 95 % interval of Wilson (1927) for a proportion: sound at zero hits, where the plain one has no width. */
export function proportionInterval(hits: number, n: number): [low: number, high: number] {
  const share = hits / n;
  const centre = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z / (1 + Z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Mean and its 95 % interval by the central limit theorem. */
export function meanInterval(values: readonly number[]): { mean: number; low: number; high: number } {
  if (values.length < 2) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const centre = mean([...values]);
  const half = (Z * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}

/** 95 % interval of the median by order statistics: no assumption on the distribution. */
export function medianInterval(values: readonly number[]): [low: number, high: number] {
  const sorted = values.toSorted((left, right) => left - right);
  const half = (Z * Math.sqrt(sorted.length)) / 2;
  const at = (place: number) => sorted[Math.min(sorted.length - 1, Math.max(0, place))] ?? Number.NaN;
  return [at(Math.floor(sorted.length / 2 - half)), at(Math.ceil(sorted.length / 2 + half))];
}
