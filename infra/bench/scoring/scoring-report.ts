import type { Figure } from '../../arena/figure.ts';

/** A figure as it is written; one without a bar is there to be known. */
export type WrittenFigure = Omit<Figure, 'bar' | 'pass'> & {
  readonly bar: number | null;
  readonly pass: boolean | null;
};

/** A table of counts behind a figure, in the order in which a page shows its columns. */
export interface ScoringTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What one goal has measured. */
export interface GoalResult {
  readonly figures: readonly WrittenFigure[];
  readonly tables?: readonly ScoringTable[];
  /** What of it could not be measured, and why. */
  readonly notMeasured?: ScoringReport['notMeasured'];
}

/** What `bench:scoring` writes, and what its page is made of. */
export interface ScoringReport {
  readonly figures: readonly WrittenFigure[];
  readonly tables: readonly ScoringTable[];
  /** Why a goal has no figure. */
  readonly notMeasured: readonly { readonly goal: string; readonly reason: string }[];
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly quick: boolean;
    readonly scorerSet: string;
    readonly scorers: number;
    readonly writtenAt: string;
  };
}
