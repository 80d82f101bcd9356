import type { ApiError } from '../api-error.ts';
import { contextOverflowError } from '../context-overflow.ts';
import type { ErrorContext, UpstreamFormat } from '../format.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { readRetryAfter } from '../retry-after.ts';
import { apiErrorForStatus } from '../status-error.ts';

/** Codes that mean the account, not the request or the moment. */
const CONFIGURATION_CODES: ReadonlySet<string> = new Set(['invalid_api_key', 'account_deactivated']);
/** A quota that is used up does not refill within the patience of a client. */
const EXHAUSTED_CODES: ReadonlySet<string> = new Set(['insufficient_quota', 'billing_hard_limit_reached']);
/** Pages of proxies and load balancers say nothing in their markup that a client could use. */
const HTML_PAGE = /^\s*<(?:!doctype|html|head|body)/i;

interface ErrorFacts {
  readonly message: string;
  readonly code: string | null;
  readonly status: number | null;
  readonly raw: JsonObject;
}

function validationMessage(detail: unknown): string | null {
  if (!Array.isArray(detail)) return nonEmptyString(detail);
  const lines = detail.map((item: unknown) =>
    isJsonObject(item) ? nonEmptyString(item['msg']) : nonEmptyString(item),
  );
  return lines.some((line) => line !== null) ? lines.filter((line) => line !== null).join('; ') : null;
}

/** Where compatible servers put what they have to say: `error`, its text, `message` or FastAPI's `detail`. */
function readFacts(body: JsonObject): ErrorFacts {
  const error = isJsonObject(body['error']) ? body['error'] : body;
  const { code } = error;
  return {
    message:
      nonEmptyString(body['error']) ??
      nonEmptyString(error['message']) ??
      validationMessage(error['detail']) ??
      validationMessage(body['detail']) ??
      '',
    code: nonEmptyString(code) ?? nonEmptyString(error['type']),
    status: typeof code === 'number' && code >= 400 && code < 600 ? code : null,
    raw: error,
  };
}

/** llama.cpp keeps the numbers of an overflow out of its sentence. */
function overflowKnowledge(facts: ErrorFacts, context: ErrorContext | undefined) {
  const prompt = facts.raw['n_prompt_tokens'];
  const window = facts.raw['n_ctx'];
  return {
    inputTokensEstimate: typeof prompt === 'number' ? prompt : context?.inputTokensEstimate,
    contextTokens: typeof window === 'number' ? window : context?.contextTokens,
  };
}

/** The error in a body, or in a chunk of a stream, whose HTTP status is `status` unless it carries its own. */
export function apiErrorFromChatBody(status: number, body: JsonObject, context?: ErrorContext): ApiError {
  const facts = readFacts(body);
  const own = status >= 500 ? (facts.status ?? status) : status;
  if (own === 400 || own === 413 || own === 422 || own >= 500) {
    const overflow = contextOverflowError(facts.message, facts.code, overflowKnowledge(facts, context));
    if (overflow !== null) return overflow;
  }
  if (facts.code !== null && CONFIGURATION_CODES.has(facts.code)) return apiErrorForStatus(401, facts.message);
  const error = apiErrorForStatus(own, facts.message);
  return facts.code !== null && EXHAUSTED_CODES.has(facts.code)
    ? { ...error, shouldRetry: false, configurationFault: true }
    : error;
}

function parseBody(bodyText: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(bodyText);
    // Gemini's compatible endpoint wraps its error in a list.
    const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (isJsonObject(value)) return value;
  } catch {
    return HTML_PAGE.test(bodyText) ? {} : { message: bodyText };
  }
  return {};
}

/** Decodes an error answer of a Chat Completions server into an Anthropic-typed error with the server's wording. */
export const decodeError: UpstreamFormat['decodeError'] = (status, headers, bodyText, context) => {
  const error = apiErrorFromChatBody(status, parseBody(bodyText), context);
  const retryAfterSeconds = readRetryAfter(headers, context.nowSeconds);
  return retryAfterSeconds === undefined ? error : { ...error, retryAfterSeconds };
};
