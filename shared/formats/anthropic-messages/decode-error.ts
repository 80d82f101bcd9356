import type { ApiError, ApiErrorType } from '../api-error.ts';
import { contextOverflowError } from '../context-overflow.ts';
import type { UpstreamFormat } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { readRetryAfter } from '../retry-after.ts';
import { apiErrorForStatus } from '../status-error.ts';

const TYPE_STATUSES: Readonly<Record<ApiErrorType, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Servers that only imitate the API answer pages and plain text. */
const HTML_PAGE = /^\s*<(?:!doctype|html|head|body)/i;

function statusOfType(type: unknown): number {
  return typeof type === 'string' && Object.hasOwn(TYPE_STATUSES, type) ? TYPE_STATUSES[type as ApiErrorType] : 500;
}

/** The error of a `{ type: "error", error: { … } }` body or stream event. Its details ride along: clients act on them. */
export function apiErrorFromAnthropicError(body: object, status?: number): ApiError {
  const error: JsonObject = 'error' in body && isJsonObject(body.error) ? body.error : {};
  const message = typeof error['message'] === 'string' ? error['message'] : '';
  const own = status ?? statusOfType(error['type']);
  const known = apiErrorForStatus(own, message);
  return isJsonObject(error['details']) ? { ...known, details: error['details'] } : known;
}

function parseBody(bodyText: string): JsonObject {
  try {
    const value: unknown = JSON.parse(bodyText);
    return isJsonObject(value) ? value : {};
  } catch {
    return HTML_PAGE.test(bodyText) ? {} : { error: { message: bodyText } };
  }
}

function shouldRetryHeader(value: string | string[] | undefined): boolean | undefined {
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** Decodes an error answer of an Anthropic-format upstream; its wording and its retry advice are kept. */
export const decodeError: UpstreamFormat['decodeError'] = (status, headers, bodyText, context) => {
  const error = apiErrorFromAnthropicError(parseBody(bodyText), status);
  const overflow = status === 400 ? contextOverflowError(error.message, null, context) : null;
  // Its own wording of an overflow is the one that clients know.
  const decoded = overflow === null || error.message.includes('prompt is too long') ? error : overflow;
  const shouldRetry = decoded.shouldRetry ?? shouldRetryHeader(headers['x-should-retry']);
  const retryAfterSeconds = readRetryAfter(headers, context.nowSeconds);
  return {
    ...decoded,
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
};
