import * as z from 'zod';

/** What a person can say of a call or a session: whether the model did its work. */
export const labelMetricSchema = z.enum(['taskCompletion', 'toolUse', 'code']);

const NAME_CHARACTERS_MAX = 100;
const NOTE_CHARACTERS_MAX = 2_000;
const ID_CHARACTERS_MAX = 512;

const plainText = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be free of NUL and lone surrogates');

export const labellerSchema = plainText(NAME_CHARACTERS_MAX);

/** One label as people give it. A second one by the same person replaces the first; one by another is a double label. */
export const labelInputSchema = z
  .strictObject({
    callId: z.uuid().optional().describe('The call that is labelled; or sessionId'),
    sessionId: plainText(ID_CHARACTERS_MAX).optional().describe('The session that is labelled; or callId'),
    metric: labelMetricSchema.optional().describe('taskCompletion for a session and toolUse for a call, if absent'),
    outcome: z.enum(['pass', 'fail']),
    labeller: labellerSchema.optional().describe('Who says so; the name of the token if absent'),
    note: plainText(NOTE_CHARACTERS_MAX).optional(),
  })
  .refine((label) => (label.callId === undefined) !== (label.sessionId === undefined), {
    error: 'names either a callId or a sessionId',
  });

export type LabelInput = z.infer<typeof labelInputSchema>;
export type LabelMetric = z.infer<typeof labelMetricSchema>;
