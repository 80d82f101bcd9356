import * as z from 'zod';
import { callSchema } from './call.ts';

/**
 * What `handle-call` hands to the spool and every ingest adapter produces: the call and its content.
 * `request` is the canonical request (an Anthropic Messages body, as the client meant it, before prefix and model
 * patching); `response` the delivered canonical message; `upstreamRaw` the raw reply as text. Content fields are
 * null where the capture mode drops them, which is applied before the record is spooled.
 */
export const callRecordSchema = z.object({
  v: z.literal(1),
  call: callSchema,
  request: z.record(z.string(), z.unknown()).nullable(),
  response: z.record(z.string(), z.unknown()).nullable(),
  upstreamRaw: z.string().nullable(),
});

export type CallRecord = z.infer<typeof callRecordSchema>;
