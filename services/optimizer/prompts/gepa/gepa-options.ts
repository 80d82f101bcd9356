import * as z from 'zod';

/** Published names and defaults of gepa 0.1.4 where it has them; ours are marked. Unknown options are refused. */
export const gepaOptionsSchema = z.strictObject({
  candidateSelectionStrategy: z.enum(['pareto', 'current_best', 'epsilon_greedy', 'top_k_pareto']).default('pareto'),
  epsilon: z.number().min(0).max(1).default(0.1),
  topK: z.int().positive().default(5),
  reflectionMinibatchSize: z.int().positive().default(3),
  perfectScore: z.number().default(1),
  useMerge: z.boolean().default(true),
  maxMergeInvocations: z.int().nonnegative().default(5),
  mergeValOverlapFloor: z.int().positive().default(5),
  /** Ours: rows of the sequential test at its last look; it doubles from the minibatch up to this. */
  raceRowsMax: z.int().positive().default(12),
  /** Ours: reflections on one draft until every reason shown is in it. */
  reflectionDepth: z.int().positive().default(3),
  /** Ours: further reflections on a child that was not accepted, compared with the same parent again. */
  driftSteps: z.int().nonnegative().default(1),
  /** Ours: iterations without an accepted child after which every second one is an expedition. */
  expeditionAfter: z.int().positive().default(3),
  /** Ours: rewrites in a row of an expedition; only its end is tested. */
  expeditionSteps: z.int().nonnegative().default(4),
  /** Ours: share of the task calls kept for scoring the best candidates again when scores are noisy. */
  settleShare: z.number().min(0).max(1).default(0.25),
  /** Ours: iterations in a row that found nothing to try before the search is over. */
  barrenMax: z.int().positive().default(20),
});

export type GepaOptions = z.infer<typeof gepaOptionsSchema>;
