import type { OutcomeMatrix } from './read-bfcl.ts';

/** The oracle takes the cheapest model within this share of the best of its shape. */
const ORACLE_SHARE = 0.95;

/** The matrix without models that cost more than the best single one. */
export function affordable(matrix: OutcomeMatrix): OutcomeMatrix {
  const questions = [...matrix.rows.keys()];
  const limit = costOf(matrix, questions, bestSingle(matrix, questions));
  const kept = [...matrix.models.keys()].filter((model) => costOf(matrix, questions, model) <= limit);
  return {
    ...matrix,
    models: kept.flatMap((model) => matrix.models[model] ?? []),
    rows: matrix.rows.map((row) => ({ ...row, outcomes: kept.flatMap((model) => row.outcomes[model] ?? []) })),
  };
}

/** Index of the model that is right most often. */
export function bestSingle(matrix: OutcomeMatrix, questions: readonly number[]): number {
  const right = matrix.models.map((_, model) => rightOf(matrix, questions, model));
  return right.reduce((best, value, model) => (value > (right[best] ?? 0) ? model : best), 0);
}

/** Index of the oracle's model per shape, with all answers known. */
export function oracleModels(matrix: OutcomeMatrix, questions: readonly number[]): number[] {
  return matrix.shapes.map((_, shape) => {
    const own = questions.filter((question) => matrix.rows[question]?.shape === shape);
    const right = matrix.models.map((_model, model) => rightOf(matrix, own, model));
    const top = Math.max(...right);
    return [...matrix.models.keys()]
      .filter((model) => (right[model] ?? 0) >= ORACLE_SHARE * top)
      .reduce((cheapest, model) => (costOf(matrix, own, model) < costOf(matrix, own, cheapest) ? model : cheapest));
  });
}

function rightOf(matrix: OutcomeMatrix, questions: readonly number[], model: number): number {
  return questions.reduce((sum, question) => sum + (matrix.rows[question]?.outcomes[model]?.valid ?? 0), 0);
}

function costOf(matrix: OutcomeMatrix, questions: readonly number[], model: number): number {
  return questions.reduce((sum, question) => sum + (matrix.rows[question]?.outcomes[model]?.costUsd ?? 0), 0);
}
