import * as z from 'zod';

/** Where in the life of a call the failure arose; failures of different stages never share a cluster. */
export const failureStageSchema = z.enum([
  'inbound_translate',
  'upstream_http',
  'stream',
  'outbound_translate',
  'tool_use',
  'task',
]);

/**
 * `new` for a week, then `ongoing`; `escalating` while its rate is proven to be above its week before; `resolved` by
 * somebody's word until it is `regressed` by proof; `archived` until it escalates; `ignored` whatever it does.
 */
export const clusterStatusSchema = z.enum([
  'new',
  'ongoing',
  'escalating',
  'resolved',
  'regressed',
  'archived',
  'ignored',
]);

/** Rate of the last day beside the week before it. */
export const clusterTrendSchema = z.enum(['new', 'rising', 'steady', 'falling', 'quiet']);

/** What a cluster's failures are counted by. */
const clusterDimensionSchema = z.enum(['provider', 'model', 'prefix', 'policy', 'turnShape', 'tool', 'repo']);

/** Who named it; a person's name is never replaced. */
export const clusterNameSourceSchema = z.enum(['keywords', 'llm', 'human']);

/** A value of a dimension on which the failures are proven to be concentrated. */
export const clusterAttributionSchema = z.object({
  dimension: clusterDimensionSchema,
  value: z.string(),
  /** Failures per eligible call with this value, and with any other. */
  rate: z.number(),
  restRate: z.number(),
  lift: z.number(),
  liftLow: z.number(),
  liftHigh: z.number().nullable(),
  failureShare: z.number(),
  failingSessions: z.number(),
  adjustedP: z.number(),
  /** Values that nothing can tell from this one, because the same calls have them. */
  inseparableFrom: z.array(z.object({ dimension: clusterDimensionSchema, value: z.string() })),
  /** Where alone this holds, as for calls of one turn shape; null when it holds everywhere. */
  within: z.object({ dimension: clusterDimensionSchema, value: z.string() }).nullable().default(null),
});

/**
 * The structured facts of one failure. The model is a dimension and not part of the signature, or one defect would
 * become as many clusters as there are models.
 */
export const failureFactsSchema = z.object({
  stage: failureStageSchema,
  check: z.string(),
  turnShape: z.string(),
  expectedVsActual: z.string(),
  template: z.string(),
});

export type FailureStage = z.infer<typeof failureStageSchema>;
export type FailureFacts = z.infer<typeof failureFactsSchema>;
export type ClusterStatus = z.infer<typeof clusterStatusSchema>;
export type ClusterTrend = z.infer<typeof clusterTrendSchema>;
export type ClusterAttribution = z.infer<typeof clusterAttributionSchema>;
