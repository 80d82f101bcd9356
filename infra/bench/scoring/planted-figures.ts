import { proportionInterval } from '../../arena/intervals.ts';
import type { ScoringTable, WrittenFigure } from './scoring-report.ts';

/** Faults of one kind that were put into calls, and what the scorer of that kind made of them. */
export interface PlantedCounts {
  readonly kind: string;
  readonly planted: number;
  readonly found: number;
  /** Of those found, the ones whose owner is where the fault was put. */
  readonly ownerRight: number;
}

const BAR = 0.99;

/** Recall and owner over all planted faults, whatever they were planted in. */
export function plantedFigures(counts: readonly PlantedCounts[]): readonly WrittenFigure[] {
  const sum = (of: (each: PlantedCounts) => number) => counts.reduce((total, each) => total + of(each), 0);
  const [planted, found, right] = [
    sum((each) => each.planted),
    sum((each) => each.found),
    sum((each) => each.ownerRight),
  ];
  return [share('G2', found, planted), share('G2o', right, found)];
}

export function plantedTable(counts: readonly PlantedCounts[]): ScoringTable {
  return {
    title: 'Planted faults',
    columns: ['kind', 'planted', 'found', 'owner right'],
    rows: counts.map(({ kind, planted, found, ownerRight }) => [`\`${kind}\``, planted, found, ownerRight]),
  };
}

function share(id: string, hits: number, n: number): WrittenFigure {
  const value = n === 0 ? 0 : hits / n;
  const interval = n === 0 ? ([0, 1] as const) : proportionInterval(hits, n);
  return { id, value, op: '>=', bar: BAR, pass: value >= BAR, n, interval };
}
