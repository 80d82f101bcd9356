import { mean, standardDeviation } from 'simple-statistics';
import { groupedFolds } from '#shared/calibration/grouped-folds.ts';
import {
  fitLogistic,
  type LabelledRow,
  type LogisticModel,
  logOddsOf,
} from '#shared/calibration/logistic-regression.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import { boundedLogit, sigmoid } from '#shared/calibration/sigmoid.ts';
import { standardise, type TriageModel } from './triage-model.ts';

/** One run whose end is known. */
export interface TriageExample {
  readonly features: Readonly<Record<string, number>>;
  readonly label: 0 | 1;
  /** Runs of one task belong together: they are never on both sides of a split. */
  readonly group: string;
}

interface Scale {
  readonly name: string;
  readonly mean: number;
  readonly deviation: number;
}

/** Inverse prior variance of a standardised weight; the same for every fit, so that nothing is chosen on test data. */
const RIDGE = 5;
/** Splits on which the confidence of the model is measured before it is believed. */
const CALIBRATION_FOLDS = 4;
const CALIBRATION_SEEDS = [11, 23, 47] as const;
const CALIBRATION_RIDGE = 1;
/** More failures of checks never make success likelier; where the data say so, it is the tasks that differ. */
const NEVER_POSITIVE: ReadonlySet<string> = new Set(['checkErrors', 'checkWarnings']);

/**
 * Fits P(success): a ridge over standardised features, then its confidence put right by what it said of examples that
 * it was not fitted on (Platt). Everything that is learned, scales included, is learned from these examples alone.
 *
 * @throws RangeError without an example
 */
export function fitTriageModel(
  examples: readonly TriageExample[],
  about: { readonly version: string; readonly source: string },
): TriageModel {
  const scales = scalesOf(examples);
  const model = fitWeights(examples, scales);
  const { slope, shift } = confidenceOf(examples);
  return {
    version: about.version,
    features: scales.map((scale, index) => ({ ...scale, weight: slope * (model.weights[index] ?? 0) })),
    intercept: slope * model.intercept + shift,
    fittedOn: {
      rows: examples.length,
      groups: new Set(examples.map(({ group }) => group)).size,
      passed: examples.filter(({ label }) => label === 1).length,
      source: about.source,
    },
  };
}

/** Features that never vary tell nothing, and are left out. */
function scalesOf(examples: readonly TriageExample[]): readonly Scale[] {
  return Object.keys(examples[0]?.features ?? {}).flatMap((name) => {
    const values = examples.map(({ features }) => features[name] ?? 0);
    const deviation = standardDeviation(values);
    return deviation > 0 ? [{ name, mean: mean(values), deviation }] : [];
  });
}

function rowsOf(examples: readonly TriageExample[], scales: readonly Scale[]): readonly LabelledRow[] {
  return examples.map(({ features, label }) => ({
    values: scales.map((scale) => standardise(features[scale.name] ?? 0, scale)),
    label,
  }));
}

function fitWeights(examples: readonly TriageExample[], scales: readonly Scale[]): LogisticModel {
  const rows = rowsOf(examples, scales);
  const model = fitLogistic(rows, { ridge: RIDGE });
  const barred = scales.map(({ name }, index) => NEVER_POSITIVE.has(name) && (model.weights[index] ?? 0) > 0);
  if (!barred.includes(true)) return model;
  const silenced = rows.map((row) => ({
    ...row,
    values: row.values.map((value, index) => (barred[index] === true ? 0 : value)),
  }));
  return fitLogistic(silenced, { ridge: RIDGE });
}

/** How much of the model's confidence is borne out: a line through its log-odds, which never runs backwards. */
function confidenceOf(examples: readonly TriageExample[]): { readonly slope: number; readonly shift: number } {
  const groups = examples.map(({ group }) => group);
  const rows: LabelledRow[] = CALIBRATION_SEEDS.flatMap((seed) => {
    const folds = groupedFolds(groups, CALIBRATION_FOLDS, seededUniform(seed));
    return [...new Set(folds)].flatMap((fold) => {
      const seen = examples.filter((_example, index) => folds[index] !== fold);
      const unseen = examples.filter((_example, index) => folds[index] === fold);
      if (seen.length === 0) return [];
      const scales = scalesOf(seen);
      const model = fitWeights(seen, scales);
      return rowsOf(unseen, scales).map(({ values, label }) => ({
        values: [boundedLogit(sigmoid(logOddsOf(model, values)))],
        label,
        weight: 1 / CALIBRATION_SEEDS.length,
      }));
    });
  });
  if (rows.length === 0) return { slope: 1, shift: 0 };
  const line = fitLogistic(rows, { ridge: CALIBRATION_RIDGE });
  const slope = line.weights[0] ?? 0;
  if (slope > 0) return { slope, shift: line.intercept };
  const flat = fitLogistic(
    rows.map((row) => ({ ...row, values: [0] })),
    { ridge: CALIBRATION_RIDGE },
  );
  return { slope: 0, shift: flat.intercept };
}
