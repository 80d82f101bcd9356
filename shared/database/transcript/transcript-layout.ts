import * as z from 'zod';

const index = z.number().int().nonnegative();
/** Base64 of a bitmap of indexes. */
const bitmap = z.string();
/** Null-valued fields of one set of blocks. */
const nullsSchema = z.array(z.object({ names: z.array(z.string()), at: bitmap }));
const markSchema = z.object({
  /** Index of the block in its chain. */
  at: index,
  /** Index inside the block's own `content`, for a breakpoint inside a tool result. */
  nested: index.optional(),
  cacheControl: z.record(z.string(), z.string()),
});

/**
 * What a request has beside its chain of blocks, and what changes from call to call without the content changing:
 * cache breakpoints, text given as a string instead of a block, fields that are null. Holds no text of the traffic.
 */
export const transcriptLayoutSchema = z.object({
  v: z.literal(1),
  /** Null when the call has no stored request. */
  request: z
    .object({
      /** `other`: it is among the parameters, or absent. */
      system: z.enum(['text', 'blocks', 'other']),
      /** Blocks of the chain that belong to `system`; the rest are messages. */
      systemBlocks: index,
      hasMessages: z.boolean(),
      hasTools: z.boolean(),
      /** Messages whose content is a string. */
      texts: bitmap,
      marks: z.array(markSchema),
      nulls: nullsSchema,
      toolMarks: z.array(markSchema),
      toolNulls: nullsSchema,
    })
    .nullable(),
  /** Null when the call has no stored response. */
  response: z
    .object({
      /** Key of the block with every field of the message but its content. */
      envelope: z.string(),
      /** Blocks behind the head; null when the content is in the envelope, because it is not a list of blocks. */
      blocks: index.nullable(),
      marks: z.array(markSchema),
      nulls: nullsSchema,
    })
    .nullable(),
});

export type TranscriptLayout = z.infer<typeof transcriptLayoutSchema>;
export type RequestLayout = NonNullable<TranscriptLayout['request']>;
export type CacheMark = RequestLayout['marks'][number];
export type NullFields = RequestLayout['nulls'];
