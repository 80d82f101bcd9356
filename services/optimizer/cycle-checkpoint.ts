import * as z from 'zod';
import { policyBodySchema } from '#shared/domain/policy.ts';
import { offPolicyVerdictSchema } from './off-policy/check-draft.ts';

const publishedSchema = z.object({
  policyId: z.string(),
  number: z.number(),
  rolloutId: z.string().nullable(),
  activated: z.boolean(),
  heldBy: z.string().nullable(),
});

/** What is to be published, written down before it is: a resumed run publishes this and nothing else. */
const draftSchema = z.object({
  body: policyBodySchema,
  reason: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  explorationOnly: z.boolean(),
  /** Why it is stored and goes no further by itself. */
  heldBy: z.string().optional(),
});

/** A judge that was away from its anchors: sessions that it had a say in count for nothing. */
export const judgeDriftSchema = z.object({
  judge: z.string(),
  rubric: z.string(),
  since: z.string(),
  /** Null while it is not settled. */
  until: z.string().nullable(),
});

const routingDecisionSchema = z.object({
  type: z.enum(['draft', 'nothing']),
  /** Why nothing was proposed at all; the reasons per turn shape are in `explanations`. */
  reason: z.enum(['off', 'no_change']).nullable(),
  explanations: z.array(z.unknown()),
  judgeDrifts: z.array(judgeDriftSchema).default([]),
  /** The policy that it was drawn up from. */
  parentId: z.string(),
  draft: draftSchema.nullable(),
});

/** What logged sessions say of the draft, and what of it goes on; null without one. */
const routingCheckSchema = z.object({ verdict: offPolicyVerdictSchema.nullable(), draft: draftSchema.nullable() });

const routingOutcomeSchema = z.object({
  type: z.enum(['proposed', 'nothing']),
  reason: z.enum(['off', 'no_change']).nullable(),
  explanations: z.array(z.unknown()),
  published: publishedSchema.nullable(),
  offPolicy: offPolicyVerdictSchema.nullable().optional(),
  judgeDrifts: z.array(judgeDriftSchema).default([]),
});

/** What became of a cell that a prefix could help. */
const consideredCellSchema = z.object({
  clusterId: z.string(),
  turnShape: z.string(),
  model: z.string(),
  mass: z.number(),
  expectedGain: z.number(),
  decision: z.string(),
  budgetUsd: z.number(),
  promptRunId: z.string().nullable(),
});

/** What a run has done so far; a step that is absent is still to do. It is the run's summary as well. */
export const cycleCheckpointSchema = z.object({
  /** The moment the run looks from, fixed at its first step: a resumed run must see what it saw before. */
  asOf: z.iso.datetime().optional(),
  clustering: z.object({ recorded: z.number(), opened: z.number() }).optional(),
  /** What making the clusters anew came to; empty where it failed, which the next night mends. */
  reclustering: z.record(z.string(), z.unknown()).optional(),
  estimate: routingDecisionSchema.optional(),
  check: routingCheckSchema.optional(),
  routing: routingOutcomeSchema.optional(),
  searches: z.array(consideredCellSchema).optional(),
  prefix: z.record(z.string(), z.unknown()).optional(),
});

export type CycleCheckpoint = z.infer<typeof cycleCheckpointSchema>;
export type RoutingDecision = z.infer<typeof routingDecisionSchema>;
export type RoutingCheck = z.infer<typeof routingCheckSchema>;
export type RoutingOutcome = z.infer<typeof routingOutcomeSchema>;

/** The steps of a cycle, in their order. */
export const CYCLE_STEPS = [
  'snapshot',
  'cluster',
  'recluster',
  'estimate',
  'check',
  'publish',
  'search',
  'prefix',
] as const;
export type CycleStep = (typeof CYCLE_STEPS)[number];

export function asOfOf(checkpoint: CycleCheckpoint): Date {
  return new Date(checkpoint.asOf ?? 0);
}
