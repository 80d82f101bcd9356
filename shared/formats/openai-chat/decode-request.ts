import { invalidRequest } from '../api-error.ts';
import type { CanonicalBody } from '../canonical.ts';
import { type Ledger, lose } from '../encoding.ts';
import type { DecodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { customToolNames } from './custom-tool.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeEffort, decodeJsonSchema, outputConfig } from './decode-output-config.ts';
import { decodeTools } from './decode-tools.ts';
import { requestFault } from './request-faults.ts';

/** Fields that have a place in the canonical body, or in the writing of the answer. All others are the family's own. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'temperature',
  'top_p',
  'stream',
  'stream_options',
  'reasoning_effort',
]);
/** Values by which a client says what is so anyway. */
const DEFAULTS: JsonObject = { n: 1, logprobs: false, presence_penalty: 0, frequency_penalty: 0, store: false };

function decodeExtras(body: JsonObject, hasSchema: boolean): JsonObject {
  const extras: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || value === null || value === undefined || DEFAULTS[key] === value) continue;
    if (key === 'response_format' && (hasSchema || (isJsonObject(value) && value['type'] === 'text'))) continue;
    extras[key] = value;
  }
  return extras;
}

function decodeSampling(body: JsonObject): Pick<CanonicalBody, 'temperature' | 'top_p' | 'max_tokens'> {
  const maxTokens = body['max_completion_tokens'] ?? body['max_tokens'];
  return {
    ...(typeof maxTokens === 'number' ? { max_tokens: maxTokens } : {}),
    ...(typeof body['temperature'] === 'number' ? { temperature: body['temperature'] } : {}),
    ...(typeof body['top_p'] === 'number' ? { top_p: body['top_p'] } : {}),
  };
}

function decodeStop(stop: unknown): Pick<CanonicalBody, 'stop_sequences'> {
  const stops = (Array.isArray(stop) ? stop : [stop]).filter((text): text is string => typeof text === 'string');
  return stops.length === 0 ? {} : { stop_sequences: stops };
}

/** The Messages API wants somebody to answer; a request that is all instructions gives its last one the part. */
export function withSomethingToAnswer(
  decoding: Ledger,
  { system, messages }: ReturnType<typeof decodeMessages>,
): Pick<CanonicalBody, 'system' | 'messages'> {
  const last = system.at(-1);
  if (messages.length > 0 || last === undefined) {
    return { ...(system.length === 0 ? {} : { system: [...system] }), messages };
  }
  lose(decoding, 'approximated', ['messages'], 'instructions without a user message sent as one');
  const rest = system.slice(0, -1);
  return { ...(rest.length === 0 ? {} : { system: rest }), messages: [{ role: 'user', content: last.text }] };
}

/** Takes the body of `POST /v1/chat/completions`. */
export function decodeRequest(body: unknown): DecodedRequest {
  if (!isJsonObject(body))
    return { type: 'rejected', error: invalidRequest('The request body must be a JSON object.') };
  const fault = requestFault(body);
  if (fault !== null) return { type: 'rejected', error: invalidRequest(fault) };
  const decoding: Ledger = { format: 'openai-chat', losses: [] };
  // The check above is what makes these true.
  const messages = body['messages'] as JsonObject[];
  const format = decodeJsonSchema(decoding, body['response_format'], ['response_format']);
  const effort = decodeEffort(decoding, body['reasoning_effort'], ['reasoning_effort']);
  const canonicalBody: CanonicalBody = {
    model: body['model'] as string,
    ...withSomethingToAnswer(decoding, decodeMessages(decoding, messages)),
    ...decodeTools(decoding, body),
    ...decodeSampling(body),
    ...decodeStop(body['stop']),
    ...outputConfig(effort, format),
    ...(body['stream'] === true ? { stream: true } : {}),
  };
  const extras = decodeExtras(body, format !== null);
  const streamOptions = isJsonObject(body['stream_options']) ? body['stream_options'] : {};
  const includeUsage = streamOptions['include_usage'] === true;
  const canonical = {
    body: canonicalBody,
    extras: Object.keys(extras).length === 0 ? {} : { openai: extras },
    clientOptions: {
      includeUsage,
      ...(includeUsage || Object.keys(streamOptions).length === 0 ? {} : { streamOptions }),
      ...customToolNames(body['tools']),
    },
  };
  return { type: 'decoded', canonical, losses: decoding.losses };
}
