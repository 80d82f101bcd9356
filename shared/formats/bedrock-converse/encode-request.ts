import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { lose } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeModelFields, encodeOutputFormat } from './encode-model-fields.ts';
import { encodeSystem } from './encode-system.ts';
import { encodeTools, sendsTools } from './encode-tools.ts';
import type { Encoding } from './encoding.ts';
import { modelTraits } from './model-traits.ts';

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
  'top_k',
  'stream',
  'thinking',
  'output_config',
]);

/** Fields of Converse itself that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set([
  'guardrailConfig',
  'performanceConfig',
  'requestMetadata',
  'serviceTier',
]);

function clampMaxTokens(encoding: Encoding, body: CanonicalBody): number | undefined {
  const { maxOutputTokens } = encoding.target;
  if (body.max_tokens === undefined || maxOutputTokens === undefined || body.max_tokens <= maxOutputTokens) {
    return body.max_tokens;
  }
  lose(encoding, 'clamped', ['max_tokens'], `max_tokens clamped to ${maxOutputTokens}`);
  return maxOutputTokens;
}

function encodeInference(encoding: Encoding, body: CanonicalBody, maxTokens: number | undefined): JsonObject {
  const config: JsonObject = maxTokens === undefined ? {} : { maxTokens };
  for (const [field, name] of [
    ['temperature', 'temperature'],
    ['top_p', 'topP'],
  ] as const) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (encoding.target.acceptsSampling) config[name] = value;
    else lose(encoding, 'dropped', [field], `target takes no ${field}`);
  }
  const stopSequences = (body.stop_sequences ?? []).filter((stop) => stop !== '');
  if (stopSequences.length > 0 && encoding.target.acceptsStop) config['stopSequences'] = stopSequences;
  else if (stopSequences.length > 0) lose(encoding, 'dropped', ['stop_sequences'], 'target takes no stop');
  return Object.keys(config).length === 0 ? {} : { inferenceConfig: config };
}

/** Which stop sequence matched is told only on request, and only of models that say it themselves. */
function encodeResponseFields(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (encoding.traits.dialect !== 'anthropic' || (body.stop_sequences ?? []).length === 0) return {};
  return { additionalModelResponseFieldPaths: [body.stream === true ? '/delta/stop_sequence' : '/stop_sequence'] };
}

function encodeExtras(encoding: Encoding, extras: Canonical['extras']): JsonObject {
  const fields: JsonObject = {};
  for (const [family, values] of Object.entries(extras)) {
    for (const [key, value] of Object.entries(values ?? {})) {
      if (family === 'bedrock' && EXTRA_FIELDS.has(key)) fields[key] = value;
      else lose(encoding, 'dropped', ['extras', family, key], 'field of another wire family');
    }
  }
  return fields;
}

function noteUnreadFields(encoding: Encoding, body: CanonicalBody): void {
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || value === undefined || value === null) continue;
    const detail = `request field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`;
    lose(encoding, 'dropped', [key], detail.slice(0, 80));
  }
}

/** A canonical request as a Converse or ConverseStream request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const { body } = canonical;
  const encoding: Encoding = {
    format: 'bedrock-converse',
    target,
    traits: modelTraits(target.family ?? target.model),
    losses: [],
    hasTools: sendsTools(body),
    documentNames: new Set(),
  };
  const maxTokens = clampMaxTokens(encoding, body);
  const system = encodeSystem(encoding, body.system);
  const messages = encodeMessages(encoding, body);
  const encoded: JsonObject = {
    ...encodeExtras(encoding, canonical.extras),
    ...system,
    messages,
    ...encodeTools(encoding, body),
    ...encodeInference(encoding, body, maxTokens),
    ...encodeModelFields(encoding, body, messages, maxTokens),
    ...encodeOutputFormat(encoding, body),
    ...encodeResponseFields(encoding, body),
  };
  noteUnreadFields(encoding, body);
  const isStream = body.stream === true;
  return {
    body: encoded,
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'application/vnd.amazon.eventstream' : 'application/json',
    },
    path: `/model/${encodeURIComponent(target.model)}/${isStream ? 'converse-stream' : 'converse'}`,
    losses: encoding.losses,
  };
}
