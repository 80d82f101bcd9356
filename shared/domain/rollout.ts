import * as z from 'zod';
import type { Governance } from './governance.ts';

/** A canary tries a new policy; a reverse canary tries the previous one again, to confirm an alarm. */
const rolloutKindSchema = z.enum(['canary', 'reverse']);
const rolloutDecisionSchema = z.enum(['continue', 'promote', 'rollBack', 'inconclusive']);

/** `arms_differ`: the arms are not of one size. `labels_missing`: too few pairs had both labels. */
const inconclusiveReasonSchema = z.enum(['too_few_sessions', 'labels_missing', 'arms_differ', 'too_close_to_call']);

const alphaSchema = z.number().gt(0).lt(1);

/**
 * The rules that a rollout is judged by, fixed when it opens: a guarantee holds only for the margins and error rates
 * that the evidence was collected under. Durations are milliseconds, qualities and margins run from 0 to 1.
 */
export const rolloutSettingsSchema = z.object({
  minSessions: z.int().nonnegative(),
  maxSessions: z.int().positive(),
  minDurationMs: z.number().nonnegative(),
  maxDurationMs: z.number().nonnegative(),
  watermarkMs: z.number().nonnegative(),
  sessionIdleMs: z.number().nonnegative(),
  sessionOpenMaxMs: z.number().nonnegative(),
  alphaRollBack: alphaSchema,
  alphaPromote: alphaSchema,
  rollBackTolerance: z.number().min(0).max(0.5),
  nonInferiorityMargin: z.number().gt(0).max(0.5),
  /** Among the rollouts of its quarter, which share one error rate; null where it has the whole of it. */
  place: z.int().positive().nullable().default(null),
  /** The only stratum that is compared, as where a reverse canary is asked about one; null for all of them. */
  stratum: z.string().nullable().default(null),
});

const armCountsSchema = z.object({ canary: z.int().nonnegative(), control: z.int().nonnegative() });

/** One stratum's part in the evidence; `eValue` is its own process, started at its first pair. */
const stratumEvidenceSchema = z.object({
  stratum: z.string(),
  pairs: z.int().nonnegative(),
  canaryMean: z.number().nullable(),
  controlMean: z.number().nullable(),
  eValue: z.number().nonnegative(),
});

/**
 * Why an analysis decided as it did, complete enough to be checked by hand: the e-values, the thresholds that they had
 * to reach, and the data behind them. `text` says it in one sentence.
 */
export const rolloutEvidenceSchema = z.object({
  decision: rolloutDecisionSchema,
  /** Why there is no verdict, where there is none: what a person would have to change for one. */
  inconclusive: inconclusiveReasonSchema.nullable().default(null),
  text: z.string(),
  pairs: z.int().nonnegative(),
  comparedPairs: z.int().nonnegative(),
  waitingPairs: z.int().nonnegative(),
  canaryMean: z.number().nullable(),
  controlMean: z.number().nullable(),
  rollBack: z.object({
    eValue: z.number().nonnegative(),
    globalEValue: z.number().nonnegative(),
    threshold: z.number().positive(),
    alpha: alphaSchema,
    tolerance: z.number(),
  }),
  hardFailures: armCountsSchema.extend({ eValue: z.number().nonnegative(), threshold: z.number().positive() }),
  promote: z.object({
    eValue: z.number().nonnegative(),
    threshold: z.number().positive(),
    alpha: alphaSchema,
    margin: z.number(),
  }),
  missingLabels: armCountsSchema.extend({ eValue: z.number().nonnegative(), differs: z.boolean() }),
  /** Sessions that were assigned; arms of unlike size say that something else than the hash decides who is in them. */
  sessions: armCountsSchema.extend({ eValue: z.number().nonnegative(), differs: z.boolean() }).optional(),
  /** Virtual keys behind the sessions, and the largest share of sessions that one of them has. */
  keys: z.object({ count: z.int().nonnegative(), largestShare: z.number() }).optional(),
  strata: z.array(stratumEvidenceSchema),
  openedAtMs: z.number(),
  analysedAtMs: z.number(),
});

export type RolloutKind = z.infer<typeof rolloutKindSchema>;
export type InconclusiveReason = z.infer<typeof inconclusiveReasonSchema>;
export type RolloutDecision = z.infer<typeof rolloutDecisionSchema>;
export type RolloutSettings = z.infer<typeof rolloutSettingsSchema>;
export type RolloutEvidence = z.infer<typeof rolloutEvidenceSchema>;
export type StratumEvidence = z.infer<typeof stratumEvidenceSchema>;

/** The settings that a rollout opened now gets. */
export function rolloutSettingsOf(governance: Governance): RolloutSettings {
  const { rollout, session, alphas } = governance;
  return {
    minSessions: rollout.minSessions,
    maxSessions: rollout.maxSessions,
    minDurationMs: rollout.minDurationMs,
    maxDurationMs: rollout.maxDurationMs,
    watermarkMs: rollout.watermarkMs,
    sessionIdleMs: session.idleMs,
    sessionOpenMaxMs: session.openMaxMs,
    alphaRollBack: alphas.rollBack,
    alphaPromote: alphas.promote,
    rollBackTolerance: alphas.rollBackTolerance,
    nonInferiorityMargin: alphas.nonInferiorityMargin,
    place: null,
    stratum: null,
  };
}
