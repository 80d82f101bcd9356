import * as z from 'zod';

/** Published names: agent-opt's and OPRO's. Unknown options are refused. */
export const metaPromptOptionsSchema = z.strictObject({
  /** Rounds at most; the budget mostly ends a search before. */
  numRounds: z.int().positive().default(200),
  /** Rows of the propose split that are looked at for failures in a round, at most. */
  evalSubsetSize: z.int().positive().default(40),
  /** Prompts shown with their scores, the best of all so far. */
  trajectoryLength: z.int().positive().default(20),
  /** Scores are shown in so many steps: differences below one are noise that would be read as meaning. */
  scoreBuckets: z.int().positive().default(100),
  /** Prompts that score below this are not shown. */
  scoreThreshold: z.number().min(0).max(1).default(0),
  /** Ours: failing rows shown. */
  rowsShown: z.int().positive().default(6),
  /** Ours: rewrites of one draft until every reason shown is in it. */
  rewriteDepth: z.int().positive().default(4),
  /** Ours: rounds without a better prompt after which lines are left out on trial and the chain starts at the best again. */
  restartAfter: z.int().positive().default(3),
  /** Ours: share of the task calls kept for scoring the best prompts again when scores are noisy. */
  settleShare: z.number().min(0).max(1).default(0.3),
  /** Ours: chains in a row that brought nothing new before the search is over. */
  barrenMax: z.int().positive().default(5),
});

export type MetaPromptOptions = z.infer<typeof metaPromptOptionsSchema>;
