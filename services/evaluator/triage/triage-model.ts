import * as z from 'zod';
import { sigmoid } from '#shared/calibration/sigmoid.ts';

/** A feature as it enters the model: (value - mean) / deviation, held within bounds, times its weight. */
const featureWeightSchema = z.object({
  name: z.string(),
  mean: z.number(),
  deviation: z.number().positive(),
  weight: z.number(),
});

export const triageModelSchema = z.object({
  /** Changes with the features and with every fit; stands in the score rows. */
  version: z.string(),
  features: z.array(featureWeightSchema),
  intercept: z.number(),
  /** What it was fitted on, for people. */
  fittedOn: z.object({
    rows: z.number().int(),
    groups: z.number().int(),
    passed: z.number().int(),
    source: z.string(),
  }),
});

export type TriageModel = z.infer<typeof triageModelSchema>;

/** Standard deviations beyond which a feature says no more: what was never seen must not decide alone. */
export const DEVIATIONS_MAX = 3;

/** A feature in standard deviations from its mean, held within bounds. */
export function standardise(value: number, feature: { readonly mean: number; readonly deviation: number }): number {
  const deviations = (value - feature.mean) / feature.deviation;
  return Math.min(DEVIATIONS_MAX, Math.max(-DEVIATIONS_MAX, deviations));
}

/** P(success) of what the features describe. A feature that the model does not know counts for nothing. */
export function triageProbability(model: TriageModel, features: Readonly<Record<string, number>>): number {
  const logOdds = model.features.reduce((sum, feature) => {
    const value = features[feature.name];
    return value === undefined ? sum : sum + feature.weight * standardise(value, feature);
  }, model.intercept);
  return sigmoid(logOdds);
}
