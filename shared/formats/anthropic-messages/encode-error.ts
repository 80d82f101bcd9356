import type { ApiError } from '../api-error.ts';
import type { EncodedError } from '../format.ts';

/** An error answer in the Anthropic envelope, with the headers that clients plan their retries by. */
export function encodeError(error: ApiError, callId: string): EncodedError {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterSeconds));
  if (error.shouldRetry !== undefined) headers['x-should-retry'] = String(error.shouldRetry);
  const details = error.details === undefined ? {} : { details: error.details };
  return {
    status: error.status,
    headers,
    body: { type: 'error', error: { type: error.type, message: error.message, ...details }, request_id: callId },
  };
}
