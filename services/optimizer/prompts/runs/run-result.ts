import * as z from 'zod';

const band = z.object({ mean: z.number().nullable(), rows: z.number() });

/** How a search ended, and what the gates said of what it found. */
export const runResultSchema = z.object({
  accepted: z.boolean(),
  /** For machines; `trimtab` has a sentence for each. */
  reason: z.string(),
  /** 1 - alpha of the test on rows that the search had never seen. */
  confidence: z.number(),
  seed: band,
  candidate: band,
  /** Candidate less seed on the same rows; `lower` holds with the stated confidence. */
  difference: z.object({ mean: z.number(), lower: z.number(), rows: z.number() }).nullable(),
  newFailures: z.array(z.object({ callId: z.string(), check: z.string() })),
  price: z
    .object({
      tokens: z.number(),
      tokensBefore: z.number(),
      perCallUsd: z.number(),
      shareOfCall: z.number(),
      cacheLossUsd: z.number(),
    })
    .nullable(),
  /** Why the search stopped. */
  stop: z.string(),
  spent: z.object({ taskCalls: z.number(), teacherCalls: z.number(), judgeCalls: z.number(), costUsd: z.number() }),
  candidates: z.number(),
  refused: z.number(),
  cached: z.number(),
  errors: z.number(),
});

export type RunResult = z.output<typeof runResultSchema>;
