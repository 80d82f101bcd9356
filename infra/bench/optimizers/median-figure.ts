import { median } from 'simple-statistics';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';

const RESAMPLES = 1_000;
const BOOTSTRAP_SEED = 8;

/** Median over seeds with its bootstrap interval of 95 %. */
export function medianOf(values: readonly number[]): { readonly value: number; readonly interval: [number, number] } {
  if (values.length === 0) return { value: Number.NaN, interval: [Number.NaN, Number.NaN] };
  const rows = values.map((value, index) => ({ value, index }));
  const middle = (drawn: readonly { value: number }[]) => median(drawn.map(({ value }) => value));
  const band = clusterBootstrap(rows, ({ index }) => String(index), middle, {
    resamples: RESAMPLES,
    random: seededUniform(BOOTSTRAP_SEED),
  });
  return { value: middle(rows), interval: band === null ? [Number.NaN, Number.NaN] : [band.low, band.high] };
}

export function medianFigure(
  id: string,
  values: readonly number[],
  op: '<=' | '>=',
  bar: number | null,
): WrittenFigure {
  const { value, interval } = medianOf(values);
  return writtenFigure({ id, value, op, bar, n: values.length, interval });
}

export function writtenFigure(figure: Omit<WrittenFigure, 'pass'>): WrittenFigure {
  const { value, op, bar } = figure;
  return { ...figure, pass: bar === null ? null : op === '<=' ? value <= bar : value >= bar };
}
