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

/** Recall and owner of the kind that is found worst, whatever it was planted in: a mean would hide it. */
export function plantedFigures(counts: readonly PlantedCounts[]): readonly WrittenFigure[] {
  return [
    worst('G2', counts, ({ found, planted }) => [found, planted]),
    worst('G2o', counts, ({ ownerRight, found }) => [ownerRight, found]),
  ];
}

export function plantedTable(counts: readonly PlantedCounts[]): ScoringTable {
  return {
    title: 'Planted faults',
    columns: ['kind', 'planted', 'found', 'owner right'],
    rows: counts.map(({ kind, planted, found, ownerRight }) => [`\`${kind}\``, planted, found, ownerRight]),
  };
}

/** The interval is that of the worst kind; n counts the faults of all kinds. */
function worst(
  id: string,
  counts: readonly PlantedCounts[],
  of: (each: PlantedCounts) => readonly [hits: number, n: number],
): WrittenFigure {
  const shares = counts.map((each) => of(each)).sort((left, right) => shareOf(left) - shareOf(right));
  const [lowest] = shares;
  const n = shares.reduce((total, [, each]) => total + each, 0);
  if (lowest === undefined || lowest[1] === 0) {
    return { id, value: 0, op: '>=', bar: BAR, pass: false, n, interval: [0, 1] };
  }
  const value = shareOf(lowest);
  return { id, value, op: '>=', bar: BAR, pass: value >= BAR, n, interval: proportionInterval(...lowest) };
}

function shareOf([hits, n]: readonly [hits: number, n: number]): number {
  return n === 0 ? 0 : hits / n;
}
