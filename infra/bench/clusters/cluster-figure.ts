import type { ScoringTable, WrittenFigure } from '../scoring/scoring-report.ts';

/** What one part of the bench has measured. */
export interface ClusterResult {
  readonly figures: readonly WrittenFigure[];
  readonly tables?: readonly ScoringTable[];
  /** Pictures as SVG, by the names of their files. */
  readonly plots?: Readonly<Record<string, string>>;
  readonly notMeasured?: readonly { readonly goal: string; readonly reason: string }[];
}

type Measured = Omit<WrittenFigure, 'pass' | 'op' | 'bar'>;

export function atLeast(bar: number, figure: Measured): WrittenFigure {
  return { ...figure, op: '>=', bar, pass: figure.value >= bar };
}

export function atMost(bar: number, figure: Measured): WrittenFigure {
  return { ...figure, op: '<=', bar, pass: figure.value <= bar };
}

/** A bar that must be stayed under, not just kept to. */
export function below(bar: number, figure: Measured): WrittenFigure {
  return { ...figure, op: '<=', bar, pass: figure.value < bar };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Value below which a share of the values lies, by the nearest rank. */
export function percentileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle 95 % of repeated measurements. */
export function middleOf(values: readonly number[]): readonly [low: number, high: number] {
  return [percentileOf(values, 0.025), percentileOf(values, 0.975)];
}
