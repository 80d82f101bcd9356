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

export const clusterStatusSchema = z.enum([
  'new',
  'ongoing',
  'escalating',
  'resolved',
  'regressed',
  'archived',
  'ignored',
]);

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
