import { join } from 'node:path';
import { countAnswerTokens, countMessageTokens } from '#shared/formats/count-tokens.ts';
import type { Figure } from '../arena/figure.ts';
import { createSeededRandom } from '../arena/seeded-random.ts';
import { type RecordedTurn, readRecordedRuns } from './recorded-usage.ts';

/** The model of the recorded runs. */
export const COUNTED_MODEL = 'gpt-4.1';
const RESAMPLES = 1_000;
const SEED = 20_250_801;
const DELTA_BAR = 0.05;
const COMPLETION_BAR = 0.1;

/** How far our counts are from the usage that was reported for recorded runs, below a folder of public data. */
export function tokenFigures(folder: string): Figure[] {
  const runs = readRecordedRuns(join(folder, 'tau2-bench'));
  return [
    percentileFigure(
      'tokens.delta_p90',
      DELTA_BAR,
      runs.map((turns) => turns.flatMap(deltaError)),
    ),
    percentileFigure(
      'tokens.completion_p90',
      COMPLETION_BAR,
      runs.map((turns) => turns.map(completionError)),
    ),
  ];
}

function deltaError({ growth }: RecordedTurn): number[] {
  if (growth === null || growth.promptTokens === 0) return [];
  return [relativeError(countMessageTokens(growth.messages, COUNTED_MODEL), growth.promptTokens)];
}

function completionError({ answer, completionTokens }: RecordedTurn): number {
  return relativeError(countAnswerTokens(answer, COUNTED_MODEL), completionTokens);
}

function relativeError(ours: number, reported: number): number {
  return Math.abs(ours - reported) / Math.abs(reported);
}

/** Turns of one run are alike, so that runs are drawn and not turns. */
function percentileFigure(id: string, bar: number, byRun: readonly (readonly number[])[]): Figure {
  const all = byRun.flat();
  if (all.length === 0) throw new Error(`${id}: no turn with usage was found`);
  const random = createSeededRandom(SEED);
  const drawn = Array.from({ length: RESAMPLES }, () =>
    percentile90(byRun.flatMap(() => byRun[Math.floor(random.uniform() * byRun.length)] ?? [])),
  ).sort((a, b) => a - b);
  const value = percentile90(all);
  const interval = [at(drawn, 0.025), at(drawn, 0.975)] as const;
  return { id, value, op: '<=', bar, pass: value <= bar, n: all.length, interval };
}

function percentile90(values: readonly number[]): number {
  return at(
    [...values].sort((a, b) => a - b),
    0.9,
  );
}

/** The smallest value that this share of the values does not exceed. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
