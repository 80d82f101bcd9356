import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { Encoding } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import {
  clampMaxTokens,
  encodeExtras,
  encodeSampling,
  encodeStopSequences,
  jsonHeaders,
  noteUnreadFields,
} from '../request-options.ts';
import { plainServerTools } from '../server-tools/plain-server-tools.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeOutputFormat, encodeReasoning } from './encode-output-config.ts';
import { encodeTools } from './encode-tools.ts';

/** Chat Completions takes this many stop strings. */
const STOP_SEQUENCES_MAX = 4;

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

function encodeStream(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (body.stream !== true) return {};
  // Without being asked, servers report no usage in streams.
  return encoding.target.acceptsStreamOptions
    ? { stream: true, stream_options: { include_usage: true } }
    : { stream: true };
}

/** Why a field of OpenAI's own is not sent, or null when it is. */
function extraFault(encoding: Encoding, key: string): string | null {
  if (UNDELIVERABLE_FIELDS.has(key)) return 'asks for more than one plain answer';
  if (!EXTRA_FIELDS.has(key)) return 'field that Chat Completions has not';
  return key === 'response_format' && !encoding.target.acceptsResponseFormat ? 'target takes no response_format' : null;
}

function encodeLimits(encoding: Encoding, body: CanonicalBody): JsonObject {
  const maxTokens = clampMaxTokens(encoding, body);
  const sampling = encodeSampling(encoding, body, { temperature: 'temperature', top_p: 'top_p' });
  const stop = encodeStopSequences(encoding, body, STOP_SEQUENCES_MAX);
  return {
    ...(maxTokens === undefined ? {} : { [encoding.target.maxTokensField]: maxTokens }),
    ...sampling,
    ...(stop.length === 0 ? {} : { stop }),
  };
}

/** A canonical request as a Chat Completions request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const encoding: Encoding = { format: 'openai-chat', target, losses: [] };
  const body = plainServerTools(encoding, canonical.body);
  const encoded: JsonObject = {
    ...encodeExtras(encoding, canonical.extras, 'openai', (key) => extraFault(encoding, key)),
    model: target.model,
    messages: encodeMessages(encoding, body),
    ...encodeTools(encoding, body),
    ...encodeLimits(encoding, body),
    ...encodeReasoning(encoding, body),
    ...encodeOutputFormat(encoding, body),
    ...encodeStream(encoding, body),
  };
  noteUnreadFields(encoding, body);
  return {
    body: encoded,
    headers: jsonHeaders(body),
    path: '/chat/completions',
    losses: encoding.losses,
  };
}
