import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeOutputFormat, encodeReasoning } from './encode-output-config.ts';
import { encodeTools } from './encode-tools.ts';

/** Chat Completions takes this many stop strings. */
const STOP_SEQUENCES_MAX = 4;

/** Fields that an encoder below reads. Every other one is dropped with a loss: the list of the API is open. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'stream',
  'thinking',
  'output_config',
]);

/** Fields of the same family that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set([
  'seed',
  'logit_bias',
  'presence_penalty',
  'frequency_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
  'metadata',
  'store',
  'service_tier',
  'verbosity',
  'response_format',
  'prediction',
  'web_search_options',
]);
/** Fields that ask for more than one plain answer; it would be paid for, and have no place to be delivered. */
const UNDELIVERABLE_FIELDS: ReadonlySet<string> = new Set(['n', 'logprobs', 'top_logprobs', 'modalities', 'audio']);

function encodeMaxTokens(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (body.max_tokens === undefined) return {};
  const { maxOutputTokens, maxTokensField } = encoding.target;
  if (maxOutputTokens === undefined || body.max_tokens <= maxOutputTokens) return { [maxTokensField]: body.max_tokens };
  lose(encoding, 'clamped', ['max_tokens'], `max_tokens clamped to ${maxOutputTokens}`);
  return { [maxTokensField]: maxOutputTokens };
}

function encodeSampling(encoding: Encoding, body: CanonicalBody): JsonObject {
  const fields: JsonObject = {};
  for (const key of ['temperature', 'top_p'] as const) {
    if (body[key] === undefined || body[key] === null) continue;
    if (encoding.target.acceptsSampling) fields[key] = body[key];
    else lose(encoding, 'dropped', [key], `target takes no ${key}`);
  }
  return fields;
}

function encodeStop(encoding: Encoding, body: CanonicalBody): JsonObject {
  const stops = (body.stop_sequences ?? []).filter((stop) => stop !== '');
  if (stops.length === 0) return {};
  if (!encoding.target.acceptsStop) {
    lose(encoding, 'dropped', ['stop_sequences'], 'target takes no stop');
    return {};
  }
  if (stops.length > STOP_SEQUENCES_MAX) {
    lose(encoding, 'clamped', ['stop_sequences'], `only ${STOP_SEQUENCES_MAX} stop sequences fit`);
  }
  return { stop: stops.slice(0, STOP_SEQUENCES_MAX) };
}

function encodeStream(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (body.stream !== true) return {};
  // Without being asked, servers report no usage in streams.
  return encoding.target.acceptsStreamOptions
    ? { stream: true, stream_options: { include_usage: true } }
    : { stream: true };
}

function encodeExtras(encoding: Encoding, extras: Canonical['extras']): JsonObject {
  const fields: JsonObject = {};
  for (const [family, values] of Object.entries(extras)) {
    for (const [key, value] of Object.entries(values ?? {})) {
      const path = ['extras', family, key];
      if (family !== 'openai') lose(encoding, 'dropped', path, 'field of another wire family');
      else if (UNDELIVERABLE_FIELDS.has(key)) lose(encoding, 'dropped', path, 'asks for more than one plain answer');
      else if (!EXTRA_FIELDS.has(key)) lose(encoding, 'dropped', path, 'field that Chat Completions has not');
      else if (key === 'response_format' && !encoding.target.acceptsResponseFormat) {
        lose(encoding, 'dropped', path, 'target takes no response_format');
      } else fields[key] = value;
    }
  }
  return fields;
}

function noteUnreadFields(encoding: Encoding, body: CanonicalBody): void {
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || value === undefined || value === null) continue;
    lose(
      encoding,
      'dropped',
      [key],
      `request field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`.slice(0, 80),
    );
  }
}

/** A canonical request as a Chat Completions request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const encoding: Encoding = { format: 'openai-chat', target, losses: [] };
  const { body } = canonical;
  const encoded: JsonObject = {
    ...encodeExtras(encoding, canonical.extras),
    model: target.model,
    messages: encodeMessages(encoding, body),
    ...encodeTools(encoding, body),
    ...encodeMaxTokens(encoding, body),
    ...encodeSampling(encoding, body),
    ...encodeStop(encoding, body),
    ...encodeReasoning(encoding, body),
    ...encodeOutputFormat(encoding, body),
    ...encodeStream(encoding, body),
  };
  noteUnreadFields(encoding, body);
  return {
    body: encoded,
    headers: {
      'content-type': 'application/json',
      accept: body.stream === true ? 'text/event-stream' : 'application/json',
    },
    path: '/chat/completions',
    losses: encoding.losses,
  };
}
