import * as z from 'zod';
import { customScorerIdSchema } from '#shared/config/scoring-schema.ts';
import { faultOwnerSchema, metricSchema, severitySchema } from '#shared/domain/score.ts';
import type { CustomSubject } from './custom-subject.ts';

/** What the thread of a scorer file begins with. */
export interface ScorerFileData {
  /** Absolute. */
  readonly path: string;
}

export interface ScorerFileRequest {
  readonly id: number;
  readonly subject: CustomSubject;
}

/** What a scorer file exports by default, apart from its function. */
export const scorerFactsSchema = z.object({
  id: customScorerIdSchema,
  version: z.coerce.string().min(1).max(40),
  metric: metricSchema,
  pass: z.enum(['call', 'outcome']).default('call'),
  owner: faultOwnerSchema.default('provider'),
  severity: severitySchema.default('warning'),
  definition: z.string().min(1).max(500),
});

/** What the thread says. It runs a stranger's code, so that even this is parsed. */
export const scorerFileReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), facts: scorerFactsSchema }),
  z.object({ type: z.literal('broken'), problem: z.string() }),
  z.object({ type: z.literal('answered'), id: z.number(), answer: z.unknown() }),
  z.object({ type: z.literal('threw'), id: z.number(), problem: z.string() }),
]);

export type ScorerFileReply = z.output<typeof scorerFileReplySchema>;
