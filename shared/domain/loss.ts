import * as z from 'zod';

/**
 * One thing that did not survive a translation. `pointer` is a JSON pointer into the canonical request or response
 * (the first occurrence); `detail` is short ASCII written by us, never text of the traffic; `count` says how often the
 * same loss occurred in the call when that is more than once.
 */
export const lossSchema = z.object({
  kind: z.enum(['dropped', 'approximated', 'clamped', 'renamed', 'repaired']),
  pointer: z.string().max(256),
  format: z.string().max(40),
  detail: z.string().max(160),
  count: z.number().int().min(2).optional(),
});

export type Loss = z.infer<typeof lossSchema>;
export type LossKind = Loss['kind'];
