import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeMessages, encodeSystem } from './encode-messages.ts';
import { encodeSchema } from './encode-schema.ts';
import { encodeThinking } from './encode-thinking.ts';
import { encodeTools } from './encode-tools.ts';
import { modelGeneration } from './model-generation.ts';

/** Gemini takes this many stop strings. */
const STOP_SEQUENCES_MAX = 5;

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

/** Fields of the same family that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set(['safetySettings', 'cachedContent']);
const EXTRA_CONFIG_FIELDS: ReadonlySet<string> = new Set(['seed', 'presencePenalty', 'frequencyPenalty']);

function encodeMaxTokens(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (body.max_tokens === undefined) return {};
  const { maxOutputTokens } = encoding.target;
  if (maxOutputTokens === undefined || body.max_tokens <= maxOutputTokens) return { maxOutputTokens: body.max_tokens };
  lose(encoding, 'clamped', ['max_tokens'], `max_tokens clamped to ${maxOutputTokens}`);
  return { maxOutputTokens };
}

function encodeSampling(encoding: Encoding, body: CanonicalBody): JsonObject {
  const names = { temperature: 'temperature', top_p: 'topP', top_k: 'topK' } as const;
  const fields: JsonObject = {};
  for (const key of ['temperature', 'top_p', 'top_k'] as const) {
    if (body[key] === undefined || body[key] === null) continue;
    if (encoding.target.acceptsSampling) fields[names[key]] = body[key];
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
  return { stopSequences: stops.slice(0, STOP_SEQUENCES_MAX) };
}

function encodeOutputFormat(encoding: Encoding, body: CanonicalBody, hasTools: boolean): JsonObject {
  const format = body.output_config?.format;
  if (format === undefined || format === null) return {};
  const path = ['output_config', 'format'];
  if (!encoding.target.acceptsResponseFormat || !isJsonObject(format.schema)) {
    lose(encoding, 'dropped', path, 'target takes no response schema');
    return {};
  }
  if (hasTools && modelGeneration(encoding.target) < 3) {
    lose(encoding, 'dropped', path, 'this generation takes no response schema beside tools');
    return {};
  }
  const responseSchema = encodeSchema(encoding, format.schema, [...path, 'schema']);
  return { responseMimeType: 'application/json', responseSchema };
}

function encodeExtras(
  encoding: Encoding,
  extras: Canonical['extras'],
): { readonly top: JsonObject; readonly config: JsonObject } {
  const top: JsonObject = {};
  const config: JsonObject = {};
  for (const [family, values] of Object.entries(extras)) {
    for (const [key, value] of Object.entries(values ?? {})) {
      const path = ['extras', family, key];
      if (family !== 'gemini') lose(encoding, 'dropped', path, 'field of another wire family');
      else if (EXTRA_FIELDS.has(key)) top[key] = value;
      else if (EXTRA_CONFIG_FIELDS.has(key)) config[key] = value;
      else lose(encoding, 'dropped', path, 'field that generateContent has not');
    }
  }
  return { top, config };
}

function noteUnreadFields(encoding: Encoding, body: CanonicalBody): void {
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || value === undefined || value === null) continue;
    const detail = `request field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`;
    lose(encoding, 'dropped', [key], detail.slice(0, 80));
  }
}

/** AI Studio and Vertex differ in where models live; names may be written with that place in front. */
function encodePath(target: EncodeTarget, isStream: boolean): string {
  const model = target.model.replace(/^(?:publishers\/google\/)?models\//, '');
  const address = `/${target.geminiModelsPath}/${model.split('/').map(encodeURIComponent).join('/')}`;
  return isStream ? `${address}:streamGenerateContent?alt=sse` : `${address}:generateContent`;
}

/** A canonical request as a generateContent request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const encoding: Encoding = { format: 'gemini', target, losses: [] };
  const { body } = canonical;
  const isStream = body.stream === true;
  const extras = encodeExtras(encoding, canonical.extras);
  const system = encodeSystem(encoding, body.system);
  const contents = encodeMessages(encoding, body);
  const tools = encodeTools(encoding, body);
  const generationConfig: JsonObject = {
    ...extras.config,
    ...encodeMaxTokens(encoding, body),
    ...encodeSampling(encoding, body),
    ...encodeStop(encoding, body),
    ...encodeThinking(encoding, body),
    ...encodeOutputFormat(encoding, body, 'tools' in tools),
  };
  noteUnreadFields(encoding, body);
  return {
    body: {
      ...extras.top,
      ...system,
      contents,
      ...tools,
      ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
    },
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'text/event-stream' : 'application/json',
    },
    path: encodePath(target, isStream),
    losses: encoding.losses,
  };
}
