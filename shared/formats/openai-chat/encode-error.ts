import { lookUp } from '../../look-up.ts';
import type { ApiError } from '../api-error.ts';
import type { EncodedError } from '../format.ts';

/** OpenAI's names where they differ; its clients otherwise go by the status. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  authentication_error: 'invalid_request_error',
  request_too_large: 'invalid_request_error',
  not_found_error: 'invalid_request_error',
  overloaded_error: 'server_error',
  timeout_error: 'server_error',
  api_error: 'server_error',
  billing_error: 'insufficient_quota',
};
const ERROR_CODES: Readonly<Record<string, string>> = {
  authentication_error: 'invalid_api_key',
  rate_limit_error: 'rate_limit_exceeded',
  not_found_error: 'model_not_found',
  billing_error: 'insufficient_quota',
};
/** Codes of ours that OpenAI has, too, and that say more than the type does. */
const OPENAI_CODES: ReadonlySet<unknown> = new Set(['unknown_url', 'unsupported_parameter']);
/** The canonical wordings of an overflow; OpenAI's clients know it by its code. */
const OVERFLOW = /^prompt is too long|^input length and `max_tokens` exceed context limit/;
/** OpenAI has no such status; its own for the same is 503. */
const OVERLOADED_STATUS = 529;

/** The error of a Chat Completions or Responses answer; the upstream's wording is kept. */
export function errorBody(type: string, message: string, details?: ApiError['details']) {
  const named = OPENAI_CODES.has(details?.['error_code']) ? String(details?.['error_code']) : null;
  const code = OVERFLOW.test(message) ? 'context_length_exceeded' : (named ?? lookUp(ERROR_CODES, type) ?? null);
  return {
    error: {
      message,
      type: lookUp(ERROR_TYPES, type) ?? type,
      param: null,
      code,
      ...(details === undefined ? {} : { details }),
    },
  };
}

/** An error answer in OpenAI's envelope, with the headers that its clients plan their retries by. */
export function encodeError(error: ApiError, callId: string): EncodedError {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': callId };
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterSeconds));
  if (error.shouldRetry !== undefined) headers['x-should-retry'] = String(error.shouldRetry);
  return {
    status: error.status === OVERLOADED_STATUS ? 503 : error.status,
    headers,
    body: errorBody(error.type, error.message, error.details),
  };
}
