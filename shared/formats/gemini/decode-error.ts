import { lookUp } from '../../look-up.ts';
import type { ApiError } from '../api-error.ts';
import { contextOverflowError } from '../context-overflow.ts';
import type { ErrorContext, UpstreamFormat } from '../format.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { readRetryAfter } from '../retry-after.ts';
import { apiErrorForStatus } from '../status-error.ts';

/** HTTP statuses of the status names, for errors inside a stream that carry no code. */
const STATUS_OF_NAME: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 503,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};
/** A client that is gone cancels; a live one sees this when the server gives a request up. */
const CANCELLED_STATUS = 499;
/** A day's quota does not refill within the patience of a client. */
const DAILY_QUOTA = /PerDay/;
const RETRY_AFTER_SECONDS_MAX = 86_400;
/** Vertex's wording of an overflow: AI Studio's is known by the shared list. */
const VERTEX_OVERFLOW = /input token count is (\d+) but (?:the )?model only supports up to (\d+)/;
/** Pages of proxies and load balancers say nothing in their markup that a client could use. */
const HTML_PAGE = /^\s*<(?:!doctype|html|head|body)/i;

interface ErrorFacts {
  readonly message: string;
  readonly name: string | null;
  readonly status: number | null;
  readonly details: readonly JsonObject[];
}

function readFacts(body: JsonObject): ErrorFacts {
  const error = isJsonObject(body['error']) ? body['error'] : body;
  const { code, details } = error;
  const name = nonEmptyString(error['status']);
  const named = name === null ? undefined : lookUp(STATUS_OF_NAME, name);
  return {
    message: nonEmptyString(body['error']) ?? nonEmptyString(error['message']) ?? '',
    name,
    status: typeof code === 'number' && code >= 400 && code < 600 ? code : (named ?? null),
    details: Array.isArray(details) ? details.filter(isJsonObject) : [],
  };
}

function detailsOfType(facts: ErrorFacts, type: string): readonly JsonObject[] {
  return facts.details.filter((detail) => String(detail['@type']).endsWith(type));
}

/** Seconds of `RetryInfo.retryDelay`, a duration such as `34.4s`. */
function retryDelaySeconds(facts: ErrorFacts): number | undefined {
  for (const detail of detailsOfType(facts, 'google.rpc.RetryInfo')) {
    const match = /^(\d+(?:\.\d+)?)s$/.exec(String(detail['retryDelay']));
    if (match !== null) return Math.min(Number(match[1]), RETRY_AFTER_SECONDS_MAX);
  }
  return undefined;
}

/** A bad key, a closed account or a region that is not served come as 400, and are none of the client's doing. */
function isConfigurationFault(facts: ErrorFacts): boolean {
  if (facts.name === 'FAILED_PRECONDITION') return true;
  const reasons = detailsOfType(facts, 'google.rpc.ErrorInfo').map((detail) => detail['reason']);
  return reasons.includes('API_KEY_INVALID') || /^API key (?:not valid|expired)/.test(facts.message);
}

function isDailyQuota(facts: ErrorFacts): boolean {
  return detailsOfType(facts, 'google.rpc.QuotaFailure').some((detail) => {
    const violations: readonly unknown[] = Array.isArray(detail['violations']) ? detail['violations'] : [];
    return violations.some((violation) => isJsonObject(violation) && DAILY_QUOTA.test(String(violation['quotaId'])));
  });
}

function overflowWording(message: string): string {
  const match = VERTEX_OVERFLOW.exec(message);
  return match === null ? message : `prompt is too long: ${match[1]} tokens > ${match[2]} maximum`;
}

function apiErrorFromFacts(status: number, facts: ErrorFacts, context?: ErrorContext): ApiError {
  if (status === 400 || status === 413 || status >= 500) {
    const overflow = contextOverflowError(overflowWording(facts.message), null, context ?? {});
    if (overflow !== null) return overflow;
  }
  if (status === 400 && isConfigurationFault(facts)) return apiErrorForStatus(403, facts.message);
  const error = apiErrorForStatus(status === CANCELLED_STATUS ? 503 : status, facts.message);
  const retryAfterSeconds = retryDelaySeconds(facts);
  return {
    ...error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(status === 429 && isDailyQuota(facts) ? { shouldRetry: false, configurationFault: true } : {}),
  };
}

/** The error in a body, or in a chunk of a stream, whose HTTP status is `status` unless it carries its own. */
export function apiErrorFromGeminiBody(status: number, body: JsonObject, context?: ErrorContext): ApiError {
  const facts = readFacts(body);
  return apiErrorFromFacts(status >= 500 ? (facts.status ?? status) : status, facts, context);
}

function parseBody(bodyText: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(bodyText);
    // An error of a streaming call without `alt=sse` comes wrapped in a list.
    const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return isJsonObject(value) ? value : {};
  } catch {
    return HTML_PAGE.test(bodyText) ? {} : { message: bodyText };
  }
}

/** Decodes an error answer of Gemini into an Anthropic-typed error with Google's wording. */
export const decodeError: UpstreamFormat['decodeError'] = (status, headers, bodyText, context) => {
  const error = apiErrorFromGeminiBody(status, parseBody(bodyText), context);
  // What the header says is about this server; the body's delay is about the quota.
  const retryAfterSeconds = readRetryAfter(headers, context.nowSeconds);
  return retryAfterSeconds === undefined ? error : { ...error, retryAfterSeconds };
};
