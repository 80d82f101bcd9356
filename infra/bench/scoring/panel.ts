import { mean } from 'simple-statistics';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import { groupedFolds } from '#shared/calibration/grouped-folds.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import { fitPanelWeights, rightness } from '../../../services/evaluator/scorers/judge/fit-panel-weights.ts';
import type { Figure } from '../../arena/figure.ts';
import { type ComparedPair, type RecordedPanel, readPanels } from './recorded-judges.ts';

const SPLITS = { quick: 5, full: 20 } as const;
const RESAMPLES = { quick: 300, full: 1_000 } as const;
/** With fewer judges there is nothing to outvote. */
const JUDGES_MIN = 3;
const BAR = 0;

/** By how much the panel was right more often than the single judge, on one pair and one prompt. */
interface Difference {
  readonly pair: string;
  readonly value: number;
}

/**
 * `G9`: a panel whose weights were fitted on one half of the pairs, against the best single judge on the other half,
 * picked in hindsight; the mean over prompts and ways to halve.
 */
export function panelFigures(dataFolder: string, { quick }: { readonly quick: boolean }): Figure[] {
  const panels = readPanels(dataFolder).filter(({ judges }) => judges.length >= JUDGES_MIN);
  const splits = quick ? SPLITS.quick : SPLITS.full;
  const differences = panels.flatMap((panel) =>
    Array.from({ length: splits }, (_none, seed) => differencesOf(panel, seed)).flat(),
  );
  const byPair = [...Map.groupBy(differences, ({ pair }) => pair)].map(([pair, ofPair]) => ({
    pair,
    value: mean(ofPair.map(({ value }) => value)),
  }));
  const meanOf = (rows: readonly Difference[]) => mean(rows.map(({ value }) => value));
  const value = meanOf(byPair);
  const options = { resamples: quick ? RESAMPLES.quick : RESAMPLES.full, random: seededUniform(5) };
  const interval = clusterBootstrap(byPair, ({ pair }) => pair, meanOf, options);
  return [
    {
      ...{ id: 'G9', value, op: '>=', bar: BAR, pass: value >= BAR, n: byPair.length },
      interval: [interval?.low ?? Number.NaN, interval?.high ?? Number.NaN],
    },
  ];
}

function differencesOf({ judges, pairs }: RecordedPanel, seed: number): readonly Difference[] {
  const halves = groupedFolds(
    pairs.map(({ id }) => id),
    2,
    seededUniform(seed),
  );
  return [0, 1].flatMap((half) => {
    const weights = fitPanelWeights(pairs.filter((_pair, index) => halves[index] !== half).map(({ votes }) => votes));
    const measured = pairs.filter((_pair, index) => halves[index] === half);
    const members = judges.map((_judge, member) => measured.map((pair) => alone(pair, member)));
    const best = members.toSorted((left, right) => mean(right) - mean(left))[0] ?? [];
    return measured.map((pair, index) => ({
      pair: pair.id,
      value: rightness(pair.votes, weights) - (best[index] ?? 0),
    }));
  });
}

function alone({ votes }: ComparedPair, member: number): number {
  return (Math.sign(votes[member] ?? 0) + 1) / 2;
}
