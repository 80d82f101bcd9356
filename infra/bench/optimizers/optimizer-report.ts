import type { WrittenFigure } from '../scoring/scoring-report.ts';
import type { CellScores } from './cell.ts';

/** What `bench:optimizers` writes, and what its page is made of. */
export interface OptimizerReport {
  readonly figures: readonly WrittenFigure[];
  readonly cells: readonly CellScores[];
  /** Figures on other seeds and other constants, by the name of the constants. */
  readonly elsewhere: readonly { readonly worlds: string; readonly figures: readonly WrittenFigure[] }[];
  readonly notMeasured: readonly { readonly goal: string; readonly reason: string }[];
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly quick: boolean;
    readonly seeds: number;
    readonly writtenAt: string;
  };
}
