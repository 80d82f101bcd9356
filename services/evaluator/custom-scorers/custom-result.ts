import * as z from 'zod';
import { faultOwnerSchema, scoreOutcomeSchema, severitySchema } from '#shared/domain/score.ts';

const EVIDENCE_MAX = 20;
const TEXT_CHARACTERS_MAX = 500;

const text = z.string().max(TEXT_CHARACTERS_MAX);

/** What a scorer answers. More than this is refused rather than cut: a verdict that was read wrongly is none. */
export const customResultSchema = z.strictObject({
  outcome: scoreOutcomeSchema,
  owner: faultOwnerSchema.optional(),
  severity: severitySchema.optional(),
  evidence: z
    .array(z.strictObject({ pointer: z.string().max(300), quote: z.string().max(300).optional() }))
    .max(EVIDENCE_MAX)
    .default([]),
  /** Equal for like failures: `calls 2+ -> 1`. */
  expectedVsActual: text.optional(),
  /** A sentence for people. */
  detail: text.optional(),
});

export type CustomResult = z.output<typeof customResultSchema>;

/** The answer as a result, or what is wrong with it. */
export function readCustomResult(answer: unknown): CustomResult | { readonly problem: string } {
  const parsed = customResultSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'is not as documented'}` };
}
