import * as z from 'zod';
import {
  cohenKappa,
  confusionOf,
  falsePassRate,
  type Judged,
  matthewsCorrelation,
  passPrecision,
} from './agreement.ts';
import { auroc } from './auroc.ts';
import { clusterBootstrap } from './cluster-bootstrap.ts';
import { brierScore, calibrationError } from './probability-error.ts';
import { seededUniform } from './seeded-uniform.ts';

/** One judgement beside its label. */
export interface MeasuredJudgement extends Judged {
  readonly sessionId: string;
  /** What the judge's map makes of its value, fitted without this session. */
  readonly probability: number;
}

/** A measure with its interval of 95 %, clustered by session; null where the labels do not define it. */
const measuredSchema = z.object({
  value: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
});

/** How far a judge agrees with people. */
export const judgeAgreementSchema = z.object({
  n: z.number().int(),
  sessions: z.number().int(),
  kappa: measuredSchema,
  mcc: measuredSchema,
  auroc: measuredSchema,
  brier: measuredSchema,
  ece: measuredSchema,
  precision: measuredSchema,
  falsePassRate: measuredSchema,
  sensitivity: z.number().nullable(),
  specificity: z.number().nullable(),
});

export type JudgeAgreement = z.infer<typeof judgeAgreementSchema>;
type Measured = z.infer<typeof measuredSchema>;

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
