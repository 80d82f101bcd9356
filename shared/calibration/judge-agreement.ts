import {
  cohenKappa,
  confusionOf,
  falsePassRate,
  type Judged,
  matthewsCorrelation,
  passPrecision,
} from './agreement.ts';
import { auroc } from './auroc.ts';
import { type BootstrapInterval, clusterBootstrap } from './cluster-bootstrap.ts';
import { brierScore, calibrationError } from './probability-error.ts';
import { seededUniform } from './seeded-uniform.ts';

/** One judgement beside its label. */
export interface MeasuredJudgement extends Judged {
  readonly sessionId: string;
  /** What the judge's map makes of its value, fitted without this session. */
  readonly probability: number;
}

/** A measure with its interval of 95 %, clustered by session; null where the labels do not define it. */
export interface Measured {
  readonly value: number | null;
  readonly interval: BootstrapInterval | null;
}

/** How far a judge agrees with people. */
export interface JudgeAgreement {
  readonly n: number;
  readonly sessions: number;
  readonly kappa: Measured;
  readonly mcc: Measured;
  readonly auroc: Measured;
  readonly brier: Measured;
  readonly ece: Measured;
  readonly precision: Measured;
  readonly falsePassRate: Measured;
  readonly sensitivity: number | null;
  readonly specificity: number | null;
}

const RESAMPLES = 1_000;
const SEED = 20_260_101;

type Statistic = (rows: readonly MeasuredJudgement[]) => number | null;

const STATISTICS = {
  kappa: (rows) => cohenKappa(confusionOf(rows)),
  mcc: (rows) => matthewsCorrelation(confusionOf(rows)),
  auroc: (rows) =>
    auroc(
      rows.map((row) => row.probability),
      rows.map((row) => row.label),
    ),
  brier: (rows) => (rows.length === 0 ? null : brierScore(rows)),
  ece: (rows) => (rows.length === 0 ? null : calibrationError(rows)),
  precision: (rows) => passPrecision(confusionOf(rows)),
  falsePassRate: (rows) => falsePassRate(confusionOf(rows)),
} as const satisfies Record<string, Statistic>;

/** Every measure of a judge on its label set. */
export function measureAgreement(rows: readonly MeasuredJudgement[]): JudgeAgreement {
  const measured = (statistic: Statistic): Measured => ({
    value: statistic(rows),
    interval: clusterBootstrap(rows, (row) => row.sessionId, statistic, {
      resamples: RESAMPLES,
      random: seededUniform(SEED),
    }),
  });
  const { truePass, falseFail, trueFail, falsePass } = confusionOf(rows);
  return {
    n: rows.length,
    sessions: new Set(rows.map((row) => row.sessionId)).size,
    kappa: measured(STATISTICS.kappa),
    mcc: measured(STATISTICS.mcc),
    auroc: measured(STATISTICS.auroc),
    brier: measured(STATISTICS.brier),
    ece: measured(STATISTICS.ece),
    precision: measured(STATISTICS.precision),
    falsePassRate: measured(STATISTICS.falsePassRate),
    sensitivity: truePass + falseFail === 0 ? null : truePass / (truePass + falseFail),
    specificity: trueFail + falsePass === 0 ? null : trueFail / (trueFail + falsePass),
  };
}
