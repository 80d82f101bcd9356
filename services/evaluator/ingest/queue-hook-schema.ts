import * as z from 'zod';
import { hookRecordSchema } from '#shared/domain/hook-record.ts';

const CALL_ID_PATTERN = '^[\\x21-\\x7e]{1,200}$';
const ASCII_PATTERN = '^[\\t\\n\\r\\x20-\\x7e]+$';

/**
 * JSON Schema of what a foreign gateway puts onto the ingest queue. `record` is text there; `$defs/record` is what the
 * text holds, and what `POST /ingest/queue-hook` also takes as it is.
 */
export function queueHookJsonSchema(): Record<string, unknown> {
  const { $schema, ...record } = z.toJSONSchema(hookRecordSchema, { io: 'input' }) as Record<string, unknown>;
  return {
    $schema,
    $id: 'queue-hook.v1.json',
    title: 'Trimtab queue hook, version 1',
    description: 'A job named `call` on the BullMQ queue `trimtab-ingest`, or the body of POST /ingest/queue-hook.',
    type: 'object',
    required: ['v', 'callId', 'record'],
    properties: {
      v: { const: 1 },
      callId: {
        type: 'string',
        pattern: CALL_ID_PATTERN,
        description: 'Your id of the call. A call that is delivered again under its id is taken once.',
      },
      record: {
        description: 'Base64 of zstd-compressed JSON, or JSON whose characters beyond ASCII are escaped; no NUL.',
        anyOf: [{ type: 'string', pattern: ASCII_PATTERN }, { $ref: '#/$defs/record' }],
      },
    },
    $defs: { record },
  };
}
