import * as z from 'zod';
import { lossKindSchema } from '#shared/domain/loss.ts';

/** Token counts and losses of providers as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();
const nullableNumber = z.number().nullable();

const calibrationFigureSchema = z.object({ seen: z.number(), median: nullableNumber, factor: z.number() });

export const modelTokensSchema = z.object({
  provider: z.string(),
  model: z.string(),
  gateways: z.number(),
  updatedAt: moment.nullable(),
  estimate: calibrationFigureSchema,
  prompt: calibrationFigureSchema,
  growth: calibrationFigureSchema,
  answer: calibrationFigureSchema,
});

export const lossReportSchema = z.object({
  provider: z.string(),
  since: moment,
  calls: z.number(),
  kinds: z.array(
    z.object({
      kind: lossKindSchema,
      calls: z.number(),
      share: z.number().min(0).max(1),
      models: z.array(z.object({ model: nullableText, calls: z.number() })),
      places: z.array(
        z.object({
          pointer: z.string(),
          format: z.string(),
          detail: z.string(),
          calls: z.number(),
          count: z.number(),
        }),
      ),
      callIds: z.array(z.uuid()),
    }),
  ),
});
