import { groupedFolds } from '#shared/calibration/grouped-folds.ts';
import type { Forecast } from '#shared/calibration/probability-error.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import { fitTriageModel, type TriageExample } from '../../../services/evaluator/triage/fit-triage-model.ts';
import { triageProbability } from '../../../services/evaluator/triage/triage-model.ts';

const FOLDS = 5;

/** What triage says of every example when it was fitted on other tasks only. */
export function crossFitTriage(examples: readonly TriageExample[], seed: number): readonly Forecast[] {
  const folds = groupedFolds(
    examples.map(({ group }) => group),
    FOLDS,
    seededUniform(seed),
  );
  const models = Array.from({ length: FOLDS }, (_none, fold) =>
    fitTriageModel(
      examples.filter((_example, index) => folds[index] !== fold),
      { version: 'cross-fit', source: 'recorded runs' },
    ),
  );
  return examples.map(({ features, label }, index): Forecast => {
    const model = models[folds[index] ?? 0];
    if (model === undefined) throw new RangeError('an example without a fold');
    return { probability: triageProbability(model, features), label };
  });
}
