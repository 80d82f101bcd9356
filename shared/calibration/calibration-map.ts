import * as z from 'zod';
import { fitIsotonic, isotonicValue } from './isotonic.ts';
import { fitLogistic, logOddsOf } from './logistic-regression.ts';
import { boundedLogit, sigmoid } from './sigmoid.ts';

/** What a judge said of a subject, and what bears on how far to believe it. */
export interface RawJudgement {
  /** The judge's value in [0, 1]. */
  readonly score: number;
  /** Estimated tokens of what was judged. */
  readonly tokens: number;
  /** Share of the transcript that was cut away, in [0, 1]. */
  readonly truncation: number;
}

export interface LabelledJudgement extends RawJudgement {
  readonly label: 0 | 1;
}

const plattSchema = z.object({ weights: z.array(z.number()).length(3), intercept: z.number() });
export const calibrationMapSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('platt'), platt: plattSchema }),
  z.object({
    method: z.literal('isotonic'),
    platt: plattSchema,
    isotonic: z.object({ scores: z.array(z.number()).min(1), values: z.array(z.number().min(0).max(1)).min(1) }),
  }),
]);

/** From what a judge says to the probability that it is so. */
export type CalibrationMap = z.infer<typeof calibrationMapSchema>;

/** From this many labels on the shape of the curve is learned as well; below, two parameters have to do (Platt). */
export const ISOTONIC_LABELS_MIN = 1_000;
/** Weak: it only keeps a judge that was always right so far from certainty. */
const RIDGE = 1;
/** Verdicts are in quarters; a raw 0 or 1 is taken as half a step from certain. */
const SCORE_MARGIN = 0.02;
/** Lengths are taken in powers of ten around this many tokens. */
const TOKENS_TYPICAL = 2_500;

/**
 * Fits the map of one judge with one version of a rubric. A judge's score never counts against what it says: when the
 * labels run the other way round, the map is flat.
 *
 * @throws RangeError without a label
 */
export function fitCalibrationMap(labelled: readonly LabelledJudgement[]): CalibrationMap {
  const rows = labelled.map((judgement) => ({ values: valuesOf(judgement), label: judgement.label }));
  const fitted = fitLogistic(rows, { ridge: RIDGE });
  const isBackwards = (fitted.weights[0] ?? 0) < 0;
  const flat = rows.map(({ values, label }) => ({ values: [0, ...values.slice(1)], label }));
  const { weights, intercept } = isBackwards ? fitLogistic(flat, { ridge: RIDGE }) : fitted;
  const platt = { weights: [...weights], intercept };
  if (labelled.length < ISOTONIC_LABELS_MIN) return { method: 'platt', platt };
  const isotonic = fitIsotonic(
    labelled.map((judgement) => ({ score: logOddsOf(platt, valuesOf(judgement)), label: judgement.label })),
  );
  return { method: 'isotonic', platt, isotonic: { scores: [...isotonic.scores], values: [...isotonic.values] } };
}

/** The probability that a subject is good, given what the judge said of it. */
export function calibrate(map: CalibrationMap, judgement: RawJudgement): number {
  const logOdds = logOddsOf(map.platt, valuesOf(judgement));
  return map.method === 'platt' ? sigmoid(logOdds) : isotonicValue(map.isotonic, logOdds);
}

function valuesOf({ score, tokens, truncation }: RawJudgement): readonly number[] {
  const inside = Math.min(1 - SCORE_MARGIN, Math.max(SCORE_MARGIN, score));
  return [boundedLogit(inside), Math.log10(Math.max(1, tokens) / TOKENS_TYPICAL), truncation];
}
