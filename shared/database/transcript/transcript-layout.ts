import * as z from 'zod';

const index = z.number().int().nonnegative();
/** Base64 of a bitmap of indexes. */
const bitmap = z.string();
/** Null-valued fields of one set of blocks. */
const nullsSchema = z.array(z.object({ names: z.array(z.string()), at: bitmap })).default([]);
const PLAIN_CACHE_CONTROL = { type: 'ephemeral' };
const markSchema = z.object({
  /** Index of the block in its chain. */
  at: index,
  /** Index inside the block's own `content`, for a breakpoint inside a tool result. */
  nested: index.optional(),
  cacheControl: z.record(z.string(), z.string()).default(PLAIN_CACHE_CONTROL),
});
const marksSchema = z.array(markSchema).default([]);

/**
 * What a request has beside its chain of blocks, and what changes from call to call without the content changing:
 * cache breakpoints, text given as a string instead of a block, fields that are null. Holds no text of the traffic.
 * Every call has one, so what is usual is left out of it.
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
      hasMessages: z.boolean().default(true),
      hasTools: z.boolean().default(true),
      /** Messages whose content is a string. */
      texts: bitmap.default(''),
      marks: marksSchema,
      nulls: nullsSchema,
      toolMarks: marksSchema,
      toolNulls: nullsSchema,
    })
    .nullable(),
  /** Null when the call has no stored response. */
  response: z
    .object({
      /** Key of the block with every field of the message but its content. Without it they are in the reply's block. */
      envelope: z.string().optional(),
      /** Blocks behind the head; null when the content is in the envelope, because it is not a list of blocks. */
      blocks: index.nullable(),
      marks: marksSchema,
      nulls: nullsSchema,
    })
    .nullable(),
});

export type TranscriptLayout = z.infer<typeof transcriptLayoutSchema>;
/** As it is stored. */
export type StoredLayout = z.input<typeof transcriptLayoutSchema>;
export type RequestLayout = NonNullable<TranscriptLayout['request']>;
export type CacheMark = RequestLayout['marks'][number];
export type NullFields = RequestLayout['nulls'];

/** The layout without what its schema puts in again. */
export function compactLayout({ v, request, response }: TranscriptLayout): StoredLayout {
  return { v, request: request === null ? null : compactRequest(request), response: compactResponse(response) };
}

function compactRequest(request: RequestLayout): StoredLayout['request'] {
  const { system, systemBlocks, hasMessages, hasTools, texts, marks, nulls, toolMarks, toolNulls } = request;
  return {
    ...{ system, systemBlocks },
    ...(hasMessages ? {} : { hasMessages }),
    ...(hasTools ? {} : { hasTools }),
    ...(texts === '' ? {} : { texts }),
    ...(marks.length === 0 ? {} : { marks: marks.map(compactMark) }),
    ...(nulls.length === 0 ? {} : { nulls }),
    ...(toolMarks.length === 0 ? {} : { toolMarks: toolMarks.map(compactMark) }),
    ...(toolNulls.length === 0 ? {} : { toolNulls }),
  };
}

function compactResponse(response: TranscriptLayout['response']): StoredLayout['response'] {
  if (response === null) return null;
  const { envelope, blocks, marks, nulls } = response;
  return {
    blocks,
    ...(envelope === undefined ? {} : { envelope }),
    ...(marks.length === 0 ? {} : { marks: marks.map(compactMark) }),
    ...(nulls.length === 0 ? {} : { nulls }),
  };
}

function compactMark(mark: CacheMark): z.input<typeof markSchema> {
  const { cacheControl, ...place } = mark;
  const isPlain = Object.keys(cacheControl).length === 1 && cacheControl['type'] === PLAIN_CACHE_CONTROL.type;
  return isPlain ? place : mark;
}
