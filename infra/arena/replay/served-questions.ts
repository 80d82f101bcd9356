import { createSeededRandom } from '../seeded-random.ts';
import type { OutcomeMatrix } from './read-bfcl.ts';

/** What a policy made of one question: whether it was right, and what it cost in USD. */
export interface Served {
  readonly valid: number;
  readonly costUsd: number;
}

const RESAMPLES = 1_000;

/** @param models index of the model that serves each shape */
export function serve(matrix: OutcomeMatrix, question: number, models: readonly number[]): Served {
  const row = matrix.rows[question];
  const outcome = row?.outcomes[models[row.shape] ?? 0];
  return { valid: outcome?.valid ?? 0, costUsd: outcome?.costUsd ?? 0 };
}

export function meanOf(served: readonly Served[]): Served {
  const mean = (of: keyof Served) => served.reduce((sum, each) => sum + each[of], 0) / served.length;
  return { valid: mean('valid'), costUsd: mean('costUsd') };
}

export function accuracyOf(served: readonly Served[], sample: readonly number[]): number {
  return sample.reduce((sum, at) => sum + (served[at]?.valid ?? 0), 0) / sample.length;
}

export function costOf(served: readonly Served[], sample: readonly number[]): number {
  return sample.reduce((sum, at) => sum + (served[at]?.costUsd ?? 0), 0) / sample.length;
}

/** Share of the cost of another policy that is saved. */
export function savingOf(served: readonly Served[], other: readonly Served[], sample: readonly number[]): number {
  return 1 - costOf(served, sample) / costOf(other, sample);
}

/** 95 of 100 resamples of the questions; what was learned stays as it is. */
export function resampledInterval(
  questions: readonly number[],
  value: (sample: readonly number[]) => number,
  seed: number,
): [low: number, high: number] {
  const random = createSeededRandom(seed);
  const values = Array.from({ length: RESAMPLES }, () =>
    value(questions.map(() => questions[Math.floor(random.uniform() * questions.length)] ?? 0)),
  ).sort((left, right) => left - right);
  return [values[Math.floor(0.025 * RESAMPLES)] ?? 0, values[Math.floor(0.975 * RESAMPLES)] ?? 0];
}
