import { mean } from 'simple-statistics';
import { auroc } from '#shared/calibration/auroc.ts';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import type { Forecast } from '#shared/calibration/probability-error.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import type { TriageExample } from '../../../services/evaluator/triage/fit-triage-model.ts';
import type { Figure } from '../../arena/figure.ts';
import type { WrittenFigure } from './scoring-report.ts';
import { crossFitTriage } from './triage-cross-fit.ts';
import { readTau2Examples, readTauExamples } from './triage-runs.ts';

const SEEDS = 20;
const RESAMPLES = { quick: 200, full: 1_000 } as const;
const AUROC_BAR = 0.68;
const GAIN_BAR = 0.03;

/** One example with its score under each seed's folds, and that of the best feature alone. */
interface Row {
  readonly example: TriageExample;
  readonly probabilities: readonly number[];
  readonly single: number;
}

/**
 * `G5`: the area under the curve of triage on recorded runs of tau2-bench, by folds that keep a task together; and by
 * how much it is above the best single feature, which is picked with the labels in sight.
 */
export function triageFigures(dataFolder: string, { quick }: { readonly quick: boolean }): Figure[] {
  const resamples = quick ? RESAMPLES.quick : RESAMPLES.full;
  const examples = readTau2Examples(dataFolder);
  const rows = rowsOf(examples);
  const value = meanAuroc(rows) ?? Number.NaN;
  const gain = gainOf(rows) ?? Number.NaN;
  const n = rows.length;
  const common = { op: '>=', n } as const;
  return [
    {
      ...common,
      id: 'G5',
      value,
      bar: AUROC_BAR,
      pass: value >= AUROC_BAR,
      interval: intervalOf(rows, meanAuroc, resamples),
    },
    {
      ...common,
      id: 'G5gain',
      value: gain,
      bar: GAIN_BAR,
      pass: gain >= GAIN_BAR,
      interval: intervalOf(rows, gainOf, resamples),
    },
  ];
}

/** The same on tau-bench, to be known: seventeen tasks are too few to be held to. */
export function triageOnTauFigures(dataFolder: string, { quick }: { readonly quick: boolean }): WrittenFigure[] {
  const rows = rowsOf(readTauExamples(dataFolder));
  const resamples = quick ? RESAMPLES.quick : RESAMPLES.full;
  const common = { op: '>=', bar: null, pass: null, n: rows.length } as const;
  const alone = {
    ...common,
    id: 'G5tau',
    value: meanAuroc(rows) ?? Number.NaN,
    interval: intervalOf(rows, meanAuroc, resamples),
  };
  const trained = { examples: readTau2Examples(dataFolder), asked: readTauExamples(dataFolder) };
  const carried = rowsOf([...trained.examples, ...trained.asked]).slice(trained.examples.length);
  return [
    alone,
    {
      ...common,
      id: 'G5tau_with_tau2',
      value: meanAuroc(carried) ?? Number.NaN,
      interval: intervalOf(carried, meanAuroc, resamples),
    },
  ];
}

function rowsOf(examples: readonly TriageExample[]): readonly Row[] {
  const bySeed = Array.from({ length: SEEDS }, (_none, seed) => crossFitTriage(examples, seed));
  const single = bestFeature(examples);
  return examples.map((example, index) => ({
    example,
    probabilities: bySeed.map((forecasts: readonly Forecast[]) => forecasts[index]?.probability ?? Number.NaN),
    single: (example.features[single.name] ?? 0) * single.sign,
  }));
}

function bestFeature(examples: readonly TriageExample[]): { readonly name: string; readonly sign: 1 | -1 } {
  const labels = examples.map(({ label }) => label);
  let best: { name: string; sign: 1 | -1; lead: number } = { name: '', sign: 1, lead: -1 };
  for (const name of Object.keys(examples[0]?.features ?? {})) {
    const area = auroc(
      examples.map(({ features }) => features[name] ?? 0),
      labels,
    );
    const lead = Math.abs((area ?? 0.5) - 0.5);
    if (lead > best.lead) best = { name, sign: (area ?? 0.5) >= 0.5 ? 1 : -1, lead };
  }
  return best;
}

function meanAuroc(rows: readonly Row[]): number | null {
  const labels = rows.map(({ example }) => example.label);
  const areas = Array.from({ length: SEEDS }, (_none, seed) =>
    auroc(
      rows.map(({ probabilities }) => probabilities[seed] ?? 0),
      labels,
    ),
  ).filter((area) => area !== null);
  return areas.length === 0 ? null : mean(areas);
}

function gainOf(rows: readonly Row[]): number | null {
  const own = meanAuroc(rows);
  const single = auroc(
    rows.map((row) => row.single),
    rows.map(({ example }) => example.label),
  );
  return own === null || single === null ? null : own - single;
}

function intervalOf(
  rows: readonly Row[],
  statistic: (rows: readonly Row[]) => number | null,
  resamples: number,
): [number, number] {
  const options = { resamples, random: seededUniform(5) };
  const interval = clusterBootstrap(rows, ({ example }) => example.group, statistic, options);
  return [interval?.low ?? Number.NaN, interval?.high ?? Number.NaN];
}
