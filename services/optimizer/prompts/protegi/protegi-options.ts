import * as z from 'zod';
import { SELECTOR_NAMES } from './bandit-selector.ts';

/** Names and defaults of the released code (LMOps), in camel case; ours are marked. Unknown options are refused. */
export const protegiOptionsSchema = z.strictObject({
  rounds: z.int().positive().default(6),
  beamSize: z.int().positive().default(4),
  minibatchSize: z.int().positive().default(64),
  nGradients: z.int().positive().default(4),
  errorsPerGradient: z.int().positive().default(4),
  gradientsPerError: z.int().positive().default(1),
  stepsPerGradient: z.int().positive().default(1),
  mcSamplesPerStep: z.int().nonnegative().default(2),
  maxExpansionFactor: z.int().positive().default(8),
  rejectOnErrors: z.boolean().default(true),
  evalRounds: z.int().positive().default(8),
  evalPromptsPerRound: z.int().positive().default(8),
  samplesPerEval: z.int().positive().default(32),
  c: z.number().positive().default(1),
  selector: z.enum(SELECTOR_NAMES).default('successive-rejects'),
  /** Ours: one more edit of every prompt of the beam that takes up all of its gradients one after the other. */
  combineGradients: z.boolean().default(true),
  /** Ours: rounds of gradients that are taken up without a choice in between while the best of the beam stays. */
  driftSteps: z.int().nonnegative().default(3),
  /** Ours: share of the task calls kept for scoring the best prompts again when scores are noisy. */
  settleShare: z.number().min(0).max(1).default(0.25),
});

export type ProtegiOptions = z.infer<typeof protegiOptionsSchema>;
