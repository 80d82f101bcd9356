import * as z from 'zod';

const cosine = z.number().gt(0).max(1);

/** A server that gives embeddings, and the cosines from which on two failures of it are alike. */
const endpointSchema = z
  .strictObject({
    /** One of `providers:` that speaks OpenAI's `/embeddings`. */
    provider: z.string(),
    model: z.string(),
    /** From here on a failure joins a cluster without a question, and from the second on tentatively. */
    attach: cosine.optional(),
    tentative: cosine.optional(),
  })
  .refine(({ attach, tentative }) => (attach === undefined) === (tentative === undefined), {
    message: 'attach and tentative are set together, or not at all',
  })
  .refine(({ attach = 1, tentative = 0 }) => tentative <= attach, { message: 'tentative is above attach' });

/** How failures are grouped, and what people are shown of them. */
export const clustersSchema = z.strictObject({
  /**
   * What tells how alike two failures are: `hashed` needs nothing, `local` takes weights of optional packages, and an
   * endpoint sees masked texts of failures.
   */
  embedder: z.union([z.enum(['hashed', 'local']), endpointSchema]).default('hashed'),
  /** Failures that make a cluster, beside `optimizer.minClusterSessions`; as many as sessions when absent. */
  minEvents: z.number().int().positive().optional(),
  /** A night that would move more than 5 % of a week's failures does so without asking. */
  applyLargeChanges: z.boolean().default(false),
  /** Who names: the teacher or judge where one is configured, or nobody but facts and keywords. */
  naming: z.enum(['model', 'facts']).default('model'),
});
