import type { RandomStream } from '../contract/random-stream.ts';
import type { Choice, Parameter, SearchSpace } from './search-space.ts';
import { logDensity, logMass, quantileOf, type TruncatedNormal } from './truncated-normal.ts';

/** A mixture of one kernel for each observed choice and one prior, each a product over the parameters. */
export interface ParzenEstimator {
  readonly weights: readonly number[];
  /** Names of the parameters, in the order in which every product has its kernels. */
  readonly names: readonly string[];
  readonly products: readonly (readonly Kernel[])[];
}

type Kernel =
  | { readonly kind: 'categorical'; readonly masses: readonly number[]; readonly logs: readonly number[] }
  | { readonly kind: 'integer'; readonly normal: TruncatedNormal }
  | { readonly kind: 'real'; readonly normal: TruncatedNormal; readonly log: boolean };

/** Weight of the prior beside observations of weight 1. */
const PRIOR_WEIGHT = 1;
/** Observations that keep full weight; older ones fade linearly. */
const FULL_WEIGHT = 25;
/** A kernel is never narrower than the range divided by this. */
const NARROWEST = 100;

export function createParzenEstimator(space: SearchSpace, observed: readonly Choice[]): ParzenEstimator {
  const raw = [...fadingWeights(observed.length), PRIOR_WEIGHT];
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const names = Object.keys(space);
  const byParameter = Object.entries(space).map(([name, parameter]) =>
    kernelsOf(
      parameter,
      observed.map((choice) => choice[name] ?? 0),
    ),
  );
  return {
    weights: raw.map((weight) => weight / total),
    names,
    products: raw.map((_weight, index) => byParameter.flatMap((kernels) => kernels[index] ?? [])),
  };
}

export function drawChoice({ weights, names, products }: ParzenEstimator, random: RandomStream): Choice {
  const product = products[random.weighted(weights)] ?? [];
  return Object.fromEntries(product.map((kernel, at) => [names[at] ?? '', drawFrom(kernel, random)]));
}

/** Log of the mixture's density at a choice. */
export function logLikelihood({ weights, names, products }: ParzenEstimator, choice: Choice): number {
  const values = names.map((name) => choice[name] ?? 0);
  const logs = products.map((product, index) => {
    let log = Math.log(weights[index] ?? 0);
    for (let at = 0; at < product.length; at += 1) {
      const kernel = product[at];
      if (kernel !== undefined) log += logOf(kernel, values[at] ?? 0);
    }
    return log;
  });
  const largest = Math.max(...logs);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** Ones for the newest; the older ones rise linearly from 1/n to 1. */
function fadingWeights(count: number): number[] {
  const old = Math.max(0, count - FULL_WEIGHT);
  return Array.from({ length: count }, (_, index) => {
    if (index >= old) return 1;
    return old === 1 ? 1 / count : 1 / count + (index / (old - 1)) * (1 - 1 / count);
  });
}

/** One kernel for each observation and the prior's last. */
function kernelsOf(parameter: Parameter, observed: readonly number[]): Kernel[] {
  if (parameter.kind === 'categorical') return categoricalKernels(parameter.choices, observed);
  const half = parameter.kind === 'integer' ? 0.5 : 0;
  const log = parameter.kind === 'real' && parameter.log === true;
  const scale = (value: number) => (log ? Math.log(value) : value);
  const [low, high] = [scale(parameter.low) - half, scale(parameter.high) + half];
  const middle = (low + high) / 2;
  const means = [...observed.map(scale), middle];
  const deviations = deviationsOf(means, low, high);
  return means.map((mean, index): Kernel => {
    const deviation = index === means.length - 1 ? high - low : (deviations[index] ?? high - low);
    const normal = { mean, deviation, low, high };
    return parameter.kind === 'integer' ? { kind: 'integer', normal } : { kind: 'real', normal, log };
  });
}

function categoricalKernels(choices: number, observed: readonly number[]): Kernel[] {
  const elsewhere = PRIOR_WEIGHT / (observed.length + 1);
  const total = 1 + elsewhere * choices;
  // Every kernel is one of as many as there are choices, so that each is made once.
  const byChoice = Array.from({ length: choices }, (_, seen) =>
    categorical(Array.from({ length: choices }, (_each, index) => ((index === seen ? 1 : 0) + elsewhere) / total)),
  );
  const prior = categorical(Array.from({ length: choices }, () => 1 / choices));
  return [...observed.map((value) => byChoice[value] ?? prior), prior];
}

const categorical = (masses: readonly number[]): Kernel => ({
  kind: 'categorical',
  masses,
  logs: masses.map(Math.log),
});

/** The larger distance to a neighbour, within limits; the outermost use their inner one. */
function deviationsOf(means: readonly number[], low: number, high: number): number[] {
  const order = means.map((_mean, index) => index).sort((left, right) => (means[left] ?? 0) - (means[right] ?? 0));
  const narrowest = (high - low) / Math.min(NARROWEST, 1 + means.length);
  const deviations = means.map(() => high - low);
  for (const [rank, index] of order.entries()) {
    const at = (neighbour: number) => means[order[neighbour] ?? index];
    const mean = means[index] ?? 0;
    const [left, right] = [at(rank - 1), at(rank + 1)];
    const toLeft = rank === 0 || left === undefined ? 0 : mean - left;
    const toRight = rank === order.length - 1 || right === undefined ? 0 : right - mean;
    deviations[index] = Math.min(high - low, Math.max(narrowest, toLeft, toRight));
  }
  return deviations;
}

function drawFrom(kernel: Kernel, random: RandomStream): number {
  if (kernel.kind === 'categorical') return random.weighted(kernel.masses);
  const value = quantileOf(kernel.normal, random.uniform());
  if (kernel.kind === 'real') return kernel.log ? Math.exp(value) : value;
  return Math.min(Math.floor(kernel.normal.high), Math.max(Math.ceil(kernel.normal.low), Math.round(value)));
}

function logOf(kernel: Kernel, value: number): number {
  if (kernel.kind === 'categorical') return kernel.logs[value] ?? Number.NEGATIVE_INFINITY;
  if (kernel.kind === 'integer') return logMass(kernel.normal, value - 0.5, value + 0.5);
  return logDensity(kernel.normal, kernel.log ? Math.log(value) : value);
}
