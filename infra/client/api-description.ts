import * as z from 'zod';

/** A JSON schema, as far as a type can be told from it. */
export const jsonSchemaSchema = z.looseObject({});

const contentSchema = z.record(z.string(), z.looseObject({ schema: jsonSchemaSchema.optional() }));

const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(['path', 'query']),
        required: z.boolean().optional(),
        schema: jsonSchemaSchema,
      }),
    )
    .optional(),
  requestBody: z.looseObject({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: contentSchema.optional() })),
});

/** What of an OpenAPI document the client is made of. */
export const apiDescriptionSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

export type ApiDescription = z.infer<typeof apiDescriptionSchema>;
export type Operation = z.infer<typeof operationSchema>;
