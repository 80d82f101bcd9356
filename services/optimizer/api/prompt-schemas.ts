import * as z from 'zod';
import { runPlanSchema } from '../prompts/runs/run-settings.ts';

const moment = z.iso.datetime();
const nullableText = z.string().nullable();

export const promptRunStatusSchema = z.enum(['running', 'accepted', 'rejected', 'failed', 'cancelled']);

/** One search for a prefix. */
export const promptRunSchema = z.object({
  promptRunId: z.uuid(),
  runId: nullableText,
  clusterId: nullableText,
  optimizer: z.string(),
  status: promptRunStatusSchema,
  seedPrefixId: nullableText.describe('The prefix that it began with; null for none'),
  candidatePrefixId: nullableText.describe('The best that it found, accepted or not'),
  settings: z.unknown().describe('All that it was begun with; a resumed one goes on with the very same'),
  plan: z.unknown().describe('What it was expected to take, worked out before anything was spent'),
  progress: z.unknown().describe('What it has spent, the best so far, and how long it may take yet'),
  result: z.unknown().describe('Proof, price and gates, once it has ended'),
  budgetUsd: z.number().nullable(),
  costUsd: z.number(),
  cancelledBy: nullableText,
  createdAt: moment,
  updatedAt: moment,
  finishedAt: moment.nullable(),
});

const candidateSchema = z.object({
  prefixId: z.string(),
  position: z.number().describe('In the order of discovery; 0 is what the search began with'),
  parents: z.array(z.string()),
  operator: z.string().describe('The step of the optimizer that made it'),
  problem: nullableText,
  mean: z.number().nullable(),
  evaluations: z.number(),
});

export const promptRunDetailSchema = promptRunSchema.extend({
  candidates: z.array(candidateSchema.extend({ body: z.string() })),
  expenses: z.array(
    z.object({
      kind: z.enum(['task', 'teacher', 'judge']),
      count: z.number(),
      spentUsd: z.number(),
      reservedUsd: z.number(),
    }),
  ),
});

export const searchRequestSchema = z.object({
  cluster: z.string().min(1).max(200).describe('By its id, the start of one, or its name'),
  optimizer: z.string().max(60).optional().describe('The configured one when absent'),
  optimizerOptions: z.record(z.string(), z.unknown()).optional(),
  budgetUsd: z.number().positive().max(100_000).optional(),
  maxReplays: z.int().positive().max(100_000).optional(),
  model: z.string().max(200).optional(),
  turnShape: z.string().max(100).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  dryRun: z.boolean().default(false).describe('Plan and cost alone; nothing is begun'),
});

export const plannedSearchSchema = z.object({
  optimizer: z.string(),
  plan: runPlanSchema,
  settings: z.unknown(),
  promptRunId: z.uuid().nullable().describe('Null for a dry run'),
});

export const prefixLineageSchema = z.object({
  steps: z
    .array(
      z.object({
        prefixId: z.string(),
        body: z.string(),
        author: z.string(),
        createdAt: moment,
        parentId: nullableText,
        clusterId: nullableText,
        origins: z.array(
          candidateSchema.extend({
            promptRunId: z.uuid(),
            optimizer: z.string(),
            clusterId: nullableText,
            createdAt: moment,
          }),
        ),
      }),
    )
    .describe('The prefix, then what it was made from'),
});

export const replaySchema = z.object({
  replayId: z.string(),
  promptRunId: nullableText,
  callId: z.uuid(),
  model: z.string(),
  prefixId: nullableText,
  sample: z.number(),
  status: z.string(),
  toolUse: z.number().nullable(),
  failed: z.array(z.string()),
  error: nullableText.describe('Why there is no score; an error is no score of zero'),
  costUsd: z.number(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});
