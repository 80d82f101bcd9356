import type { WrittenFigure } from '../scoring/scoring-report.ts';
import type { CellStore } from './cell.ts';
import { driftFigures } from './drift.ts';
import { httpFigures } from './http-equal.ts';
import {
  checklistFigures,
  claimFigures,
  crashFigures,
  demonstrationFigures,
  gridFigures,
  memoriseFigures,
  providerFigures,
  ridgeFigures,
} from './landscape-figures.ts';
import { parallelFigures } from './parallel-speedup.ts';
import { resumeFigures } from './resume-equal.ts';
import { worseThanSeedFigures } from './worse-than-seed.ts';

/** One goal of the prompt optimizers, with what measures it. */
export interface OptimizerGoal {
  /** What `--only` takes. */
  readonly name: string;
  /** Whether it is measured on other seeds and constants, too. */
  readonly elsewhere: boolean;
  measure(cells: CellStore, options: { readonly quick: boolean }): Promise<WrittenFigure[]>;
}

/** Speed first, before others have filled the heap; the grid that fills the tables last. */
export const OPTIMIZER_GOALS: readonly OptimizerGoal[] = [
  { name: 'parallel', elsewhere: false, measure: (_cells, options) => parallelFigures(options) },
  { name: 'http', elsewhere: false, measure: () => httpFigures() },
  { name: 'L1', elsewhere: true, measure: checklistFigures },
  { name: 'L2', elsewhere: true, measure: ridgeFigures },
  { name: 'L3', elsewhere: true, measure: providerFigures },
  { name: 'L4', elsewhere: true, measure: memoriseFigures },
  { name: 'L5', elsewhere: true, measure: demonstrationFigures },
  { name: 'L7', elsewhere: false, measure: (_cells, options) => driftFigures(options) },
  { name: 'seed', elsewhere: false, measure: (_cells, options) => worseThanSeedFigures(options) },
  { name: 'claims', elsewhere: true, measure: claimFigures },
  { name: 'resume', elsewhere: false, measure: (_cells, options) => resumeFigures(options) },
  { name: 'grid', elsewhere: false, measure: gridFigures },
  { name: 'crashes', elsewhere: false, measure: crashFigures },
];
