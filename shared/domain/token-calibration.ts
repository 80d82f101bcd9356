import * as z from 'zod';

/**
 * What was learned of one kind of count: the newest ratios of what a provider reported to what we had counted, oldest
 * first, and how many there ever were.
 */
export const ratioSampleSchema = z.object({
  ratios: z.array(z.number().positive()),
  seen: z.number().int().nonnegative(),
});

/**
 * How a model's counts differ from ours. `estimate` is of the quick estimate by size that every call gets, the others of
 * counted tokens: whole prompts, the growth of a prompt from one turn to the next, and answers.
 */
export const tokenCalibrationSchema = z.object({
  estimate: ratioSampleSchema,
  prompt: ratioSampleSchema,
  growth: ratioSampleSchema,
  answer: ratioSampleSchema,
});

export type RatioSample = z.infer<typeof ratioSampleSchema>;
export type TokenCalibration = z.infer<typeof tokenCalibrationSchema>;

/** A sample as people read it. Ratios above 1: the provider counts more than we do. */
export interface CalibrationFigure {
  readonly seen: number;
  readonly median: number | null;
  /** What our counts are multiplied by. */
  readonly factor: number;
}

/** Enough to tell a habit from chance, and few enough that a provider's new tokenizer shows within a day. */
const RATIOS_MAX = 64;
/** Fewer may raise a count and never lower it. */
const RATIOS_TO_LOWER = 8;
/** Of so few tokens, what a template adds would be taken for a habit of the tokenizer. */
const TOKENS_MIN = 32;
/** Beyond, a provider reports something else than what was sent (a cut prompt, hidden reasoning, a sum of several calls). */
const RATIO_MIN = 0.25;
const RATIO_MAX = 4;
/** Counts lean to too many: one that is too small lets a client miss the moment to compact. */
const QUANTILE = 0.9;

const EMPTY: RatioSample = { ratios: [], seen: 0 };
export const UNCALIBRATED: TokenCalibration = { estimate: EMPTY, prompt: EMPTY, growth: EMPTY, answer: EMPTY };

/** The sample with one more observation; the same one where the observation says nothing. */
export function observeRatio(sample: RatioSample, reported: number, counted: number): RatioSample {
  if (!(reported >= TOKENS_MIN && counted >= TOKENS_MIN)) return sample;
  const ratio = reported / counted;
  if (ratio < RATIO_MIN || ratio > RATIO_MAX) return sample;
  const ratios = [...sample.ratios, Math.round(ratio * 10_000) / 10_000].slice(-RATIOS_MAX);
  return { ratios, seen: sample.seen + 1 };
}

/**
 * What to multiply a count by: what nine in ten observations asked for at the most.
 *
 * @param initial what holds until enough was observed
 */
export function correctionFactor({ ratios }: RatioSample, initial = 1): number {
  const high = quantile(ratios, QUANTILE) ?? initial;
  return ratios.length < RATIOS_TO_LOWER ? Math.max(initial, high) : high;
}

/** The middle of the observations, for decisions in which a count may not be too large; null while they are few. */
export function typicalRatio({ ratios }: RatioSample): number | null {
  return ratios.length < RATIOS_TO_LOWER ? null : quantile(ratios, 0.5);
}

/** The factor of a counted prompt. Long conversations cost as their growth does, so that the greater of both holds. */
export function promptFactor({ prompt, growth }: TokenCalibration): number {
  const ofGrowth = growth.ratios.length < RATIOS_TO_LOWER ? 0 : correctionFactor(growth);
  return Math.max(correctionFactor(prompt), ofGrowth);
}

/** What several gateways learned of one model, each with its newest share. */
export function mergeCalibrations(calibrations: readonly TokenCalibration[]): TokenCalibration {
  const merge = (samples: readonly RatioSample[]): RatioSample => {
    const known = samples.filter(({ ratios }) => ratios.length > 0);
    const share = Math.max(1, Math.floor(RATIOS_MAX / Math.max(1, known.length)));
    return {
      ratios: known.flatMap(({ ratios }) => ratios.slice(-share)).slice(-RATIOS_MAX),
      seen: known.reduce((sum, { seen }) => sum + seen, 0),
    };
  };
  return {
    estimate: merge(calibrations.map(({ estimate }) => estimate)),
    prompt: merge(calibrations.map(({ prompt }) => prompt)),
    growth: merge(calibrations.map(({ growth }) => growth)),
    answer: merge(calibrations.map(({ answer }) => answer)),
  };
}

export function calibrationFigure(sample: RatioSample): CalibrationFigure {
  return { seen: sample.seen, median: quantile(sample.ratios, 0.5), factor: correctionFactor(sample) };
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
