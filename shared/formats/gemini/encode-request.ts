import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import {
  clampMaxTokens,
  encodeExtras,
  encodeSampling,
  encodeStopSequences,
  jsonHeaders,
  noteUnreadFields,
} from '../request-options.ts';
import { plainServerTools } from '../server-tools/plain-server-tools.ts';
import { encodeMessages, encodeSystem } from './encode-messages.ts';
import { encodeSchema } from './encode-schema.ts';
import { encodeThinking } from './encode-thinking.ts';
import { encodeTools } from './encode-tools.ts';
import { modelGeneration } from './model-generation.ts';

/** Gemini takes this many stop strings. */
const STOP_SEQUENCES_MAX = 5;

/** Fields of the same family that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set(['safetySettings', 'cachedContent']);
const EXTRA_CONFIG_FIELDS: ReadonlySet<string> = new Set(['seed', 'presencePenalty', 'frequencyPenalty']);

function encodeLimits(encoding: Encoding, body: CanonicalBody): JsonObject {
  const maxOutputTokens = clampMaxTokens(encoding, body);
  const sampling = encodeSampling(encoding, body, { temperature: 'temperature', top_p: 'topP', top_k: 'topK' });
  const stopSequences = encodeStopSequences(encoding, body, STOP_SEQUENCES_MAX);
  return {
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...sampling,
    ...(stopSequences.length === 0 ? {} : { stopSequences }),
  };
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

function extraFault(key: string): string | null {
  return EXTRA_FIELDS.has(key) || EXTRA_CONFIG_FIELDS.has(key) ? null : 'field that generateContent has not';
}

function pickFields(fields: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => names.has(key)));
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
  const body = plainServerTools(encoding, canonical.body);
  const isStream = body.stream === true;
  const extras = encodeExtras(encoding, canonical.extras, 'gemini', extraFault);
  const system = encodeSystem(encoding, body.system);
  const contents = encodeMessages(encoding, body);
  const tools = encodeTools(encoding, body);
  const generationConfig: JsonObject = {
    ...pickFields(extras, EXTRA_CONFIG_FIELDS),
    ...encodeLimits(encoding, body),
    ...encodeThinking(encoding, body),
    ...encodeOutputFormat(encoding, body, 'tools' in tools),
  };
  noteUnreadFields(encoding, body, ['top_k']);
  return {
    body: {
      ...pickFields(extras, EXTRA_FIELDS),
      ...system,
      contents,
      ...tools,
      ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
    },
    headers: jsonHeaders(body),
    path: encodePath(target, isStream),
    losses: encoding.losses,
  };
}
