import type { Figure } from '../figure.ts';
import { CALLS_PER_DAY, learnFromReplay, type ReplayOptions, type ReplayResult } from './learn-from-replay.ts';
import { affordable, bestSingle, oracleModels } from './pick-models.ts';
import { type OutcomeMatrix, readBfcl } from './read-bfcl.ts';
import { accuracyOf, costOf, meanOf, resampledInterval, type Served, savingOf, serve } from './served-questions.ts';

export interface BfclReplay {
  readonly figures: readonly Figure[];
  readonly rows: readonly (readonly [policy: string, accuracy: number, usdPerThousand: number, saving: number])[];
  readonly models: number;
  readonly questions: number;
  readonly priceDate: string;
  readonly bestSingle: string;
  /** How long the runs were, and what became of their canaries; means over folds and orders. */
  readonly runs: { readonly days: number; readonly margin: number; readonly endings: ReplayResult['endings'] };
}

const FOLDS = 2;
/** Orders in which the questions come, by seeds of their own: one order alone is an accident. */
const ORDERS = 5;
const QUICK_ORDERS = 1;
/** A day's calls to learn from; the rest of half a year is canaries, one after another. */
const LENGTH = { learningCalls: 120_000, callsMax: 180 * CALLS_PER_DAY };
const SAVING_BAR = 0.6;
const ACCURACY_LOSS = 0.01;

/**
 * What a canary may lose in its shape, of the three points that a fresh installation allows. Within a point and a half
 * most models that are as good stay inconclusive in the time that there is: chosen on the halves that are learned from.
 */
const MARGIN = 0.02;
/** As many models are tried for each shape: they share the chance of a false proof. */
const ALPHA_PROVEN = 0.05;
/**
 * What a team sets that wants its calls served as well as before for less. The bar of quality is that of a fresh
 * installation: that a change is as good as what it replaces is for its canary to show, which has the pairs for it.
 */
const GOVERNANCE: ReplayOptions['governance'] = {
  ...{ exploration: 0.1, bootstrapShare: 0.5, weightStepMax: 1, exposureMax: 0.5, coolOffMs: 30 * 86_400_000 },
  rollout: { canary: 0.25, maxSessions: 10_000 },
  // A session is one call, and over with it.
  session: { idleMs: 0 },
};

/**
 * The production optimizer on recorded outcomes: it learns from cold on one half of the questions, what it has settled on
 * is measured on the other, and the halves change places; means over several orders of the questions. The allow-list is
 * what costs no more than the best single model, which serves everything at the start.
 */
export function bfclReplay(
  dataDirectory: string,
  options: { readonly quick: boolean; readonly seed: number },
): BfclReplay {
  const matrix = affordable(readBfcl(dataDirectory));
  const questions = [...matrix.rows.keys()];
  const best = bestSingle(matrix, questions);
  const always = matrix.shapes.map(() => best);
  const oracle = oracleModels(matrix, questions);
  const { served, results } = crossFit(matrix, best, options);
  const policies = {
    ours: served,
    best: questions.map((question) => serve(matrix, question, always)),
    oracle: questions.map((question) => serve(matrix, question, oracle)),
  };
  const row = (name: string, each: readonly Served[]) =>
    [
      name,
      accuracyOf(each, questions),
      1e3 * costOf(each, questions),
      savingOf(each, policies.best, questions),
    ] as const;
  const name = matrix.models[best]?.id ?? '';
  return {
    figures: figuresOf(policies, questions, options.seed),
    rows: [
      row(`always ${name} (best single)`, policies.best),
      row('per-shape oracle, in sample', policies.oracle),
      row('Trimtab, cross-fitted from cold', policies.ours),
    ],
    ...{ models: matrix.models.length, questions: questions.length, priceDate: matrix.priceDate, bestSingle: name },
    runs: runsOf(results),
  };
}

/** Every question as it is served by what was learned on the other half, as a mean over the orders. */
function crossFit(
  matrix: OutcomeMatrix,
  incumbent: number,
  { quick, seed }: { readonly quick: boolean; readonly seed: number },
): { readonly served: readonly Served[]; readonly results: readonly ReplayResult[] } {
  const questions = [...matrix.rows.keys()];
  const served: Served[] = questions.map(() => ({ valid: 0, costUsd: 0 }));
  const results: ReplayResult[] = [];
  const proven = ALPHA_PROVEN / matrix.models.length;
  const governance = { ...GOVERNANCE, alphas: { nonInferiorityMargin: MARGIN, proven } };
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const train = questions.filter((question) => question % FOLDS === fold);
    const orders = Array.from({ length: quick ? QUICK_ORDERS : ORDERS }, (_, order) =>
      learnFromReplay(matrix, train, {
        ...{ seed: seed + fold + FOLDS * order, incumbent, governance, ...LENGTH },
      }),
    );
    results.push(...orders);
    for (const question of questions.filter((each) => each % FOLDS !== fold)) {
      served[question] = meanOf(orders.map(({ models }) => serve(matrix, question, models)));
    }
  }
  return { served, results };
}

function figuresOf(
  policies: Record<'ours' | 'best' | 'oracle', readonly Served[]>,
  questions: readonly number[],
  seed: number,
): Figure[] {
  const share = (sample: readonly number[]) =>
    savingOf(policies.ours, policies.best, sample) / savingOf(policies.oracle, policies.best, sample);
  const gain = (sample: readonly number[]) => accuracyOf(policies.ours, sample) - accuracyOf(policies.best, sample);
  const reference = accuracyOf(policies.best, questions);
  const [bar, accuracy, saving] = [reference - ACCURACY_LOSS, accuracyOf(policies.ours, questions), share(questions)];
  const spread = resampledInterval(questions, gain, seed);
  const n = questions.length;
  return [
    {
      ...{ id: 'bfcl_saving', value: saving, op: '>=', bar: SAVING_BAR, pass: saving >= SAVING_BAR, n },
      interval: resampledInterval(questions, share, seed),
    },
    {
      ...{ id: 'bfcl_accuracy', value: accuracy, op: '>=', bar, pass: accuracy >= bar, n },
      interval: [reference + spread[0], reference + spread[1]],
    },
  ];
}

function runsOf(results: readonly ReplayResult[]): BfclReplay['runs'] {
  const mean = (of: (result: ReplayResult) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  return {
    days: mean(({ calls }) => calls) / CALLS_PER_DAY,
    margin: MARGIN,
    endings: {
      promote: mean(({ endings }) => endings.promote),
      rollBack: mean(({ endings }) => endings.rollBack),
      inconclusive: mean(({ endings }) => endings.inconclusive),
    },
  };
}
