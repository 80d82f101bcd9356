import type { Figure } from '../figure.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { learnFromReplay } from './learn-from-replay.ts';
import { type OutcomeMatrix, readBfcl } from './read-bfcl.ts';

export interface BfclReplay {
  readonly figures: readonly Figure[];
  readonly rows: readonly (readonly [policy: string, accuracy: number, usdPerThousand: number, saving: number])[];
  readonly models: number;
  readonly questions: number;
  readonly priceDate: string;
  readonly bestSingle: string;
}

interface Served {
  readonly valid: number;
  readonly costUsd: number;
}

const FOLDS = 2;
/** Orders in which the questions come, by seeds of their own: one order alone is an accident. */
const ORDERS = 5;
const QUICK_ORDERS = 2;
const CALLS = 30_000;
const QUICK_CALLS = 8_000;
/** As good as the best model of a shape is asked for, up to what can still be proven. */
const QUALITY_BAR = 0.94;
const TOLERANCE = 0;
/** The oracle takes the cheapest model within this share of the best of its shape. */
const ORACLE_SHARE = 0.95;
const RESAMPLES = 1_000;
const SAVING_BAR = 0.6;
const ACCURACY_LOSS = 0.01;

/**
 * The production optimizer on recorded outcomes: it learns from cold on one half of the questions, what it has settled on
 * is measured on the other, and the halves change places; means over several orders of the questions. The allow-list is what costs no more than the best single
 * model, which serves everything at the start.
 */
export function bfclReplay(
  dataDirectory: string,
  options: { readonly quick: boolean; readonly seed: number },
): BfclReplay {
  const matrix = affordable(readBfcl(dataDirectory));
  const questions = [...matrix.rows.keys()];
  const best = bestSingle(matrix, questions);
  const oracle = oracleModels(matrix, questions);
  const served: Served[] = questions.map(() => ({ valid: 0, costUsd: 0 }));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const train = questions.filter((question) => question % FOLDS === fold);
    const orders = Array.from({ length: options.quick ? QUICK_ORDERS : ORDERS }, (_, order) =>
      learnFromReplay(matrix, train, {
        ...{ seed: options.seed + fold + FOLDS * order, incumbent: best },
        ...{ qualityBar: QUALITY_BAR, tolerance: TOLERANCE, calls: options.quick ? QUICK_CALLS : CALLS },
      }),
    );
    for (const question of questions.filter((each) => each % FOLDS !== fold)) {
      served[question] = meanOf(orders.map((chosen) => serve(matrix, question, chosen)));
    }
  }
  const policies: Record<'ours' | 'best' | 'oracle', readonly Served[]> = {
    ours: served,
    best: questions.map((question) =>
      serve(
        matrix,
        question,
        matrix.shapes.map(() => best),
      ),
    ),
    oracle: questions.map((question) => serve(matrix, question, oracle)),
  };
  const share = (sample: readonly number[]) =>
    savingOf(policies.ours, policies.best, sample) / savingOf(policies.oracle, policies.best, sample);
  const gain = (sample: readonly number[]) => accuracyOf(policies.ours, sample) - accuracyOf(policies.best, sample);
  const bar = accuracyOf(policies.best, questions) - ACCURACY_LOSS;
  const accuracy = accuracyOf(policies.ours, questions);
  const saving = share(questions);
  const spread = interval(questions, gain, options.seed);
  const reference = accuracyOf(policies.best, questions);
  const n = questions.length;
  const figures: Figure[] = [
    {
      ...{ id: 'bfcl_saving', value: saving, op: '>=', bar: SAVING_BAR, pass: saving >= SAVING_BAR, n },
      interval: interval(questions, share, options.seed),
    },
    {
      ...{ id: 'bfcl_accuracy', value: accuracy, op: '>=', bar, pass: accuracy >= bar, n },
      interval: [reference + spread[0], reference + spread[1]],
    },
  ];
  const row = (name: string, each: readonly Served[]) =>
    [
      name,
      accuracyOf(each, questions),
      1e3 * costOf(each, questions),
      savingOf(each, policies.best, questions),
    ] as const;
  const name = matrix.models[best]?.id ?? '';
  return {
    figures,
    rows: [
      row(`always ${name} (best single)`, policies.best),
      row('per-shape oracle, in sample', policies.oracle),
      row('Trimtab, cross-fitted from cold', policies.ours),
    ],
    ...{ models: matrix.models.length, questions: n, priceDate: matrix.priceDate, bestSingle: name },
  };
}

/** The matrix without models that cost more than the best single one. */
function affordable(matrix: OutcomeMatrix): OutcomeMatrix {
  const questions = [...matrix.rows.keys()];
  const cost = (model: number) =>
    questions.reduce((sum, at) => sum + (matrix.rows[at]?.outcomes[model]?.costUsd ?? 0), 0);
  const limit = cost(bestSingle(matrix, questions));
  const kept = [...matrix.models.keys()].filter((model) => cost(model) <= limit);
  return {
    ...matrix,
    models: kept.flatMap((model) => matrix.models[model] ?? []),
    rows: matrix.rows.map((row) => ({ ...row, outcomes: kept.flatMap((model) => row.outcomes[model] ?? []) })),
  };
}

function bestSingle(matrix: OutcomeMatrix, questions: readonly number[]): number {
  const right = matrix.models.map((_, model) => count(matrix, questions, model));
  return right.reduce((best, value, model) => (value > (right[best] ?? 0) ? model : best), 0);
}

function oracleModels(matrix: OutcomeMatrix, questions: readonly number[]): number[] {
  return matrix.shapes.map((_, shape) => {
    const own = questions.filter((question) => matrix.rows[question]?.shape === shape);
    const right = matrix.models.map((_model, model) => count(matrix, own, model));
    const top = Math.max(...right);
    const cost = (model: number) => own.reduce((sum, at) => sum + (matrix.rows[at]?.outcomes[model]?.costUsd ?? 0), 0);
    return [...matrix.models.keys()]
      .filter((model) => (right[model] ?? 0) >= ORACLE_SHARE * top)
      .reduce((cheapest, model) => (cost(model) < cost(cheapest) ? model : cheapest));
  });
}

function count(matrix: OutcomeMatrix, questions: readonly number[], model: number): number {
  return questions.reduce((sum, question) => sum + (matrix.rows[question]?.outcomes[model]?.valid ?? 0), 0);
}

function serve(matrix: OutcomeMatrix, question: number, models: readonly number[]): Served {
  const row = matrix.rows[question];
  const outcome = row?.outcomes[models[row.shape] ?? 0];
  return { valid: outcome?.valid ?? 0, costUsd: outcome?.costUsd ?? 0 };
}

function meanOf(served: readonly Served[]): Served {
  const mean = (of: keyof Served) => served.reduce((sum, each) => sum + each[of], 0) / served.length;
  return { valid: mean('valid'), costUsd: mean('costUsd') };
}

function accuracyOf(served: readonly Served[], sample: readonly number[]): number {
  return sample.reduce((sum, at) => sum + (served[at]?.valid ?? 0), 0) / sample.length;
}

function costOf(served: readonly Served[], sample: readonly number[]): number {
  return sample.reduce((sum, at) => sum + (served[at]?.costUsd ?? 0), 0) / sample.length;
}

function savingOf(served: readonly Served[], best: readonly Served[], sample: readonly number[]): number {
  return 1 - costOf(served, sample) / costOf(best, sample);
}

/** 95 of 100 resamples of the questions; what was learned stays as it is. */
function interval(
  questions: readonly number[],
  value: (sample: readonly number[]) => number,
  seed: number,
): [low: number, high: number] {
  const random = createSeededRandom(seed);
  const values = Array.from({ length: RESAMPLES }, () =>
    value(questions.map(() => questions[Math.floor(random.uniform() * questions.length)] ?? 0)),
  ).sort((left, right) => left - right);
  return [values[Math.floor(0.025 * RESAMPLES)] ?? 0, values[Math.floor(0.975 * RESAMPLES)] ?? 0];
}
