import * as z from 'zod';

const moment = z.iso.datetime();

const intervalSchema = z
  .object({ mean: z.number(), low: z.number(), high: z.number() })
  .describe('An estimate, and the interval that holds the truth in 95 of 100 reports');

const differenceSchema = z
  .object({
    perSession: intervalSchema,
    total: intervalSchema,
    sessions: z.number().describe('Sessions that have a concurrent baseline'),
  })
  .describe('Less what the baseline did at the same time')
  .nullable();

const reportPartSchema = z.object({
  name: z.string(),
  sessions: z.number(),
  scored: z.number(),
  costUsd: z.number(),
  costPerSessionUsd: intervalSchema.nullable(),
  quality: intervalSchema.nullable(),
  hardFailureShare: z.number(),
  comparable: z.number(),
  costDifference: differenceSchema,
  qualityDifference: differenceSchema,
});

/** What `trimtab report` prints. */
export const reportSchema = z.object({
  since: moment,
  until: moment,
  baseline: z.object({ policyId: z.string(), number: z.number() }),
  total: reportPartSchema,
  shapes: z.array(reportPartSchema),
  providers: z.array(reportPartSchema),
  rollouts: z.array(
    z.object({
      rolloutId: z.uuid(),
      number: z.number(),
      status: z.string(),
      candidate: z.string(),
      canarySessions: z.number(),
      controlSessions: z.number(),
      costDifference: differenceSchema,
      qualityDifference: differenceSchema,
    }),
  ),
  overhead: z.object({ judgesUsd: z.number(), replaysUsd: z.number() }),
});
