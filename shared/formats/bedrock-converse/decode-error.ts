import { type ApiError, invalidRequest } from '../api-error.ts';
import { contextOverflowError } from '../context-overflow.ts';
import type { ErrorContext, UpstreamFormat } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { readRetryAfter } from '../retry-after.ts';
import { apiErrorForStatus } from '../status-error.ts';

/** What an exception means, whatever HTTP status it came with; inside a stream it comes with none. */
const EXCEPTION_STATUSES: Readonly<Record<string, number>> = {
  accessdenied: 403,
  conflict: 409,
  expiredtoken: 403,
  incompletesignature: 403,
  internalfailure: 500,
  internalserver: 500,
  invalidclienttokenid: 403,
  invalidsignature: 403,
  missingauthenticationtoken: 403,
  modelerror: 424,
  modelnotready: 503,
  modelstreamerror: 424,
  modeltimeout: 408,
  resourcenotfound: 404,
  serialization: 400,
  servicequotaexceeded: 429,
  serviceunavailable: 503,
  signaturedoesnotmatch: 403,
  throttling: 429,
  toomanyrequests: 429,
  unauthorized: 401,
  unrecognizedclient: 403,
  validation: 400,
};

/** Validation errors that are about the model we chose, not about what the client sent. */
const MODEL_FAULT =
  /model identifier is invalid|on-demand throughput isn.t supported|end of its life|marked by provider as legacy|don.t have access to the model/i;
/** Wordings of models on Bedrock that the other servers do not use. */
const OVERFLOW =
  /input tokens exceeded|number of input tokens exceeds|input is too long|too many input tokens|total number of tokens in the request exceeds/i;
const OVERFLOW_NUMBERS = /max input tokens: (\d+), request input token count: (\d+)/i;
const OUTPUT_OVERFLOW = /input length and `?max_tokens`? exceed context limit: (\d+) \+ (\d+) > (\d+)/;
/** Names of accounts, users and roles, which are not the client's to know. */
const ARN = /\barn:aws[a-z-]*:[^\s"',)]+/g;
const HTML_PAGE = /^\s*<(?:!doctype|html|head|body)/i;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `ThrottlingException:http://internal…/` and `com.amazon.coral#ThrottlingException` are both that exception. */
function plainName(name: string): string {
  const last = name.split(':')[0]?.split('#').at(-1) ?? '';
  return last.replace(/(?:Exception|Error)$/i, '').toLowerCase();
}

function overflow(message: string, context: ErrorContext): ApiError | null {
  const output = OUTPUT_OVERFLOW.exec(message);
  if (output !== null) {
    const [, input, maxTokens, limit] = output;
    return invalidRequest(
      `input length and \`max_tokens\` exceed context limit: ${input} + ${maxTokens} > ${limit}, ` +
        'decrease input length or `max_tokens` and try again',
    );
  }
  const numbers = OVERFLOW_NUMBERS.exec(message);
  if (numbers !== null) return invalidRequest(`prompt is too long: ${numbers[2]} tokens > ${numbers[1]} maximum`);
  return contextOverflowError(message, OVERFLOW.test(message) ? 'context_length_exceeded' : null, context);
}

/** The error that an exception of Bedrock stands for. `status` is that of the answer, where there is one. */
export function apiErrorFromException(
  name: string,
  body: JsonObject,
  status: number | null,
  context: ErrorContext,
): ApiError {
  const said = text(body['message']) || text(body['Message']);
  // A model's own failure is told in full only here.
  const original = text(body['originalMessage']);
  const message = original === '' || said.includes(original) ? said : `${said} ${original}`.trim();
  const own = EXCEPTION_STATUSES[plainName(name)] ?? status ?? 500;
  if (own === 400 || own === 413 || own === 424) {
    const tooLong = overflow(message, context);
    if (tooLong !== null) return tooLong;
  }
  const isModelFault = own === 400 && MODEL_FAULT.test(message);
  return apiErrorForStatus(isModelFault ? 404 : own, message.replace(ARN, '[arn]'));
}

/** A JSON object, or what stands for it when a proxy answered in another way. */
export function parseErrorBody(bodyText: string): JsonObject {
  try {
    const value: unknown = JSON.parse(bodyText);
    return isJsonObject(value) ? value : {};
  } catch {
    return HTML_PAGE.test(bodyText) ? {} : { message: bodyText };
  }
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Decodes an error answer of Bedrock into an Anthropic-typed error with its wording. */
export const decodeError: UpstreamFormat['decodeError'] = (status, headers, bodyText, context) => {
  const body = parseErrorBody(bodyText);
  const name = headerText(headers['x-amzn-errortype']) || text(body['__type']) || text(body['code']);
  const error = apiErrorFromException(name, body, status, context);
  const retryAfterSeconds = readRetryAfter(headers, context.nowSeconds);
  return retryAfterSeconds === undefined ? error : { ...error, retryAfterSeconds };
};
