import * as z from 'zod';

/** Names and defaults of the released configuration (GSM8K demo), in camel case; ours are marked. Unknown options are refused. */
export const promptWizardOptionsSchema = z.strictObject({
  mutateRefineIterations: z.int().positive().default(3),
  mutationRounds: z.int().nonnegative().default(3),
  styleVariation: z.int().positive().default(5),
  questionsBatchSize: z.int().positive().default(1),
  minCorrectCount: z.int().positive().default(3),
  maxEvalBatches: z.int().positive().default(6),
  topN: z.int().positive().default(1),
  refineTaskEgIterations: z.int().nonnegative().default(3),
  fewShotCount: z.int().nonnegative().default(5),
  seenSetSize: z.int().positive().default(25),
  numTrainExamples: z.int().positive().default(20),
  generateReasoning: z.boolean().default(true),
  generateExpertIdentity: z.boolean().default(true),
  generateIntentKeywords: z.boolean().default(false),
  /** Ours: critiques of one prompt that are taken up one after the other in a refinement. */
  critiquesPerRefinement: z.int().positive().default(4),
  /** Ours: share of the task calls kept for scoring the best prompts again when scores are noisy. */
  settleShare: z.number().min(0).max(1).default(0.25),
});

export type PromptWizardOptions = z.infer<typeof promptWizardOptionsSchema>;
