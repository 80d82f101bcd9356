import * as z from 'zod';

/** How a judgement came about, beside its outcome. Nothing in it is a judge's own wording. */
export const judgeDetailsSchema = z.object({
  /** Characters of the transcript as shown. */
  characters: z.number().int().nonnegative(),
  /** Share of the transcript that was removed to fit. */
  cutShare: z.number().min(0).max(1),
  /** Why more than one judge was asked; empty when one was enough. */
  escalation: z.array(z.string()),
  /** Share of the panel's weight that speaks against its majority; null when one judge was asked once. */
  disagreement: z.number().min(0).max(1).nullable(),
  /** Text in the record speaks to its judge: it may fail, but not pass. */
  injectionSuspected: z.boolean(),
  injectionSigns: z.array(z.string()),
  /** Criteria whose failure rested on not seeing what may have been removed. */
  barred: z.array(z.string()),
  votes: z.array(
    z.object({
      /** `provider/model` as configured. */
      judge: z.string(),
      /** The model that answered, in its provider's word; another one than asked for means that it is not pinned. */
      servedModel: z.string().nullable(),
      draw: z.number().int().nonnegative(),
      outcome: z.string(),
      value: z.number().nullable(),
      weight: z.number().nonnegative(),
    }),
  ),
});

export type JudgeDetails = z.infer<typeof judgeDetailsSchema>;
