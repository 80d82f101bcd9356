import * as z from 'zod';

const publishedSchema = z.object({
  policyId: z.string(),
  number: z.number(),
  rolloutId: z.string().nullable(),
  activated: z.boolean(),
  heldBy: z.string().nullable(),
});

const routingOutcomeSchema = z.object({
  type: z.enum(['proposed', 'nothing']),
  /** Why nothing was proposed at all; the reasons per turn shape are in `explanations`. */
  reason: z.enum(['off', 'no_change']).nullable(),
  explanations: z.array(z.unknown()),
  published: publishedSchema.nullable(),
});

/** What a run has done so far; a step that is absent is still to do. It is the run's summary as well. */
export const cycleCheckpointSchema = z.object({
  /** The moment the run looks from, fixed at its first step: a resumed run must see what it saw before. */
  asOf: z.iso.datetime().optional(),
  clustering: z.object({ recorded: z.number(), opened: z.number() }).optional(),
  routing: routingOutcomeSchema.optional(),
  prefix: z.record(z.string(), z.unknown()).optional(),
});

export type CycleCheckpoint = z.infer<typeof cycleCheckpointSchema>;
export type RoutingOutcome = z.infer<typeof routingOutcomeSchema>;

export function asOfOf(checkpoint: CycleCheckpoint): Date {
  return new Date(checkpoint.asOf ?? 0);
}
