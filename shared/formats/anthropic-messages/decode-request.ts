import { invalidRequest } from '../api-error.ts';
import type { CanonicalBody } from '../canonical.ts';
import type { DecodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { requestFault } from './request-faults.ts';

/** Fields that clients send as null to say "not set"; the codecs know only absent. */
const NULLABLE_FIELDS = ['system', 'tools', 'tool_choice', 'stop_sequences', 'thinking', 'output_config', 'metadata'];

function withoutNulls(body: JsonObject): JsonObject {
  if (!NULLABLE_FIELDS.some((field) => body[field] === null)) return body;
  return Object.fromEntries(
    Object.entries(body).filter(([field, value]) => value !== null || !NULLABLE_FIELDS.includes(field)),
  );
}

/**
 * Takes the body of `POST /v1/messages`. Unknown fields and block kinds pass. A `thread` is refused in the documented
 * way, on which SDKs send the whole conversation instead: a server that keeps no threads and ignored it would answer a
 * tool result without its conversation.
 */
export function decodeRequest(body: unknown): DecodedRequest {
  if (!isJsonObject(body))
    return { type: 'rejected', error: invalidRequest('The request body must be a JSON object.') };
  if (body['thread'] !== undefined && body['thread'] !== null) {
    const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };
    const error = invalidRequest('thread: message threads are not supported; send the whole conversation', details);
    return { type: 'rejected', error };
  }
  const fault = requestFault(body);
  if (fault !== null) return { type: 'rejected', error: invalidRequest(fault) };
  // The checks above are what makes this true for every field that a codec reads.
  const canonicalBody = withoutNulls(body) as unknown as CanonicalBody;
  return { type: 'decoded', canonical: { body: canonicalBody, extras: {} }, losses: [] };
}
