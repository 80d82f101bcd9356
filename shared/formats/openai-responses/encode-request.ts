import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeOutputFormat } from '../openai-chat/encode-output-config.ts';
import { encodeReasoning } from '../openai-chat/encode-reasoning.ts';
import { promptCacheKey } from '../prompt-cache-key.ts';
import { encodeExtras, encodeSampling, jsonHeaders, noteUnreadFields } from '../request-options.ts';
import { plainServerTools } from '../server-tools/plain-server-tools.ts';
import { encodeInput, encodeInstructions } from './encode-input.ts';
import { encodeTools } from './encode-tools.ts';

/** OpenAI refuses a smaller limit. */
const OUTPUT_TOKENS_MIN = 16;

/** Fields of the same family that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set([
  'metadata',
  'user',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'truncation',
  'max_tool_calls',
]);

function encodeMaxTokens(encoding: Encoding, body: CanonicalBody): JsonObject {
  const asked = body.max_tokens;
  if (asked === undefined) return {};
  const most = Math.min(asked, encoding.target.maxOutputTokens ?? asked);
  const clamped = Math.max(most, OUTPUT_TOKENS_MIN);
  if (clamped !== asked) lose(encoding, 'clamped', ['max_tokens'], `max_tokens clamped to ${clamped}`);
  return { max_output_tokens: clamped };
}

/** Effort and summary of a model that reasons, and the wish to get its reasoning in a form that can be given back. */
function encodeReasoningOptions(encoding: Encoding, body: CanonicalBody, extras: JsonObject): JsonObject {
  const effort = encodeReasoning(encoding, body)['reasoning_effort'];
  const asked = isJsonObject(extras['reasoning']) ? extras['reasoning'] : {};
  if (!encoding.target.supportsReasoningEffort) return {};
  // Summaries are never asked for unasked: OpenAI refuses them to organisations that it has not verified.
  const { summary } = asked;
  const reasoning: JsonObject = {
    ...(effort === undefined ? {} : { effort }),
    ...(summary === undefined ? {} : { summary }),
  };
  return {
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
    include: ['reasoning.encrypted_content'],
  };
}

/** `text`, with the format where Chat Completions has `response_format`, flat. */
function encodeText(encoding: Encoding, body: CanonicalBody, extras: JsonObject): JsonObject {
  const responseFormat =
    encodeOutputFormat(encoding, body, (body.tools ?? []).length > 0)['response_format'] ?? extras['response_format'];
  const text: JsonObject = {};
  if (isJsonObject(responseFormat)) {
    const { json_schema: schema, ...rest } = responseFormat;
    text['format'] = isJsonObject(schema) ? { ...rest, ...schema } : rest;
  }
  if (typeof extras['verbosity'] === 'string') text['verbosity'] = extras['verbosity'];
  return Object.keys(text).length === 0 ? {} : { text };
}

const PLACED_EXTRAS: ReadonlySet<string> = new Set(['reasoning', 'response_format', 'verbosity']);

function extraFault(key: string): string | null {
  return EXTRA_FIELDS.has(key) || PLACED_EXTRAS.has(key) ? null : 'field that is not sent to the Responses API';
}

/** The extras that are sent as they are; the others have their place in fields of the codec's own. */
function plainExtras(encoding: Encoding, extras: Canonical['extras']): JsonObject {
  const fields = encodeExtras(encoding, extras, 'openai', extraFault);
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !PLACED_EXTRAS.has(key)));
}

/**
 * A canonical request as a Responses request, and the ledger of what did not fit. Nothing is stored at the provider:
 * the conversation is sent whole, and reasoning comes back encrypted.
 */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const cacheKey = promptCacheKey(canonical, target);
  const encoding: Encoding = { format: 'openai-responses', target, losses: [], hasCacheKey: cacheKey !== null };
  const { extras } = canonical;
  const body = plainServerTools(encoding, canonical.body);
  const openai: JsonObject = { ...extras['openai'] };
  const instructions = encodeInstructions(encoding, body.system);
  const encoded: JsonObject = {
    ...plainExtras(encoding, extras),
    model: target.model,
    ...(cacheKey === null ? {} : { prompt_cache_key: cacheKey }),
    ...(instructions === undefined ? {} : { instructions }),
    input: encodeInput(encoding, body.messages),
    ...encodeTools(encoding, body),
    ...encodeMaxTokens(encoding, body),
    ...encodeSampling(encoding, body, { temperature: 'temperature', top_p: 'top_p' }),
    ...encodeReasoningOptions(encoding, body, openai),
    ...encodeText(encoding, body, openai),
    store: false,
    ...(body.stream === true ? { stream: true } : {}),
  };
  if ((body.stop_sequences ?? []).length > 0) {
    lose(encoding, 'dropped', ['stop_sequences'], 'the Responses API takes no stop sequences');
  }
  noteUnreadFields(encoding, body);
  return {
    body: encoded,
    headers: jsonHeaders(body),
    path: '/responses',
    losses: encoding.losses,
  };
}
