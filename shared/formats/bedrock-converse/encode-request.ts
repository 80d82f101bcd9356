import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { EncodedRequest } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import type { Loss } from '../loss.ts';
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
import { encodeModelFields, encodeOutputFormat } from './encode-model-fields.ts';
import { encodeSystem } from './encode-system.ts';
import { encodeTools, sendsTools } from './encode-tools.ts';
import type { Encoding } from './encoding.ts';
import { modelTraits } from './model-traits.ts';

/** Fields of Converse itself that may ride in `extras`, as the client meant them. */
const EXTRA_FIELDS: ReadonlySet<string> = new Set([
  'guardrailConfig',
  'performanceConfig',
  'requestMetadata',
  'serviceTier',
]);

function encodeInference(encoding: Encoding, body: CanonicalBody, maxTokens: number | undefined): JsonObject {
  const sampling = encodeSampling(encoding, body, { temperature: 'temperature', top_p: 'topP' });
  const stopSequences = encodeStopSequences(encoding, body);
  const config: JsonObject = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...sampling,
    ...(stopSequences.length === 0 ? {} : { stopSequences }),
  };
  return Object.keys(config).length === 0 ? {} : { inferenceConfig: config };
}

/** Which stop sequence matched is told only on request, and only of models that say it themselves. */
function encodeResponseFields(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (encoding.traits.dialect !== 'anthropic' || (body.stop_sequences ?? []).length === 0) return {};
  return { additionalModelResponseFieldPaths: [body.stream === true ? '/delta/stop_sequence' : '/stop_sequence'] };
}

function extraFault(key: string): string | null {
  return EXTRA_FIELDS.has(key) ? null : 'field that Converse has not';
}

/** A canonical request as a Converse or ConverseStream request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const losses: Loss[] = [];
  const body = plainServerTools({ format: 'bedrock-converse', losses }, canonical.body);
  const encoding: Encoding = {
    format: 'bedrock-converse',
    target,
    traits: modelTraits(target.family ?? target.model),
    losses,
    hasTools: sendsTools(body),
    documentNames: new Set(),
  };
  const maxTokens = clampMaxTokens(encoding, body);
  const system = encodeSystem(encoding, body.system);
  const messages = encodeMessages(encoding, body);
  const encoded: JsonObject = {
    ...encodeExtras(encoding, canonical.extras, 'bedrock', extraFault),
    ...system,
    messages,
    ...encodeTools(encoding, body),
    ...encodeInference(encoding, body, maxTokens),
    ...encodeModelFields(encoding, body, messages, maxTokens),
    ...encodeOutputFormat(encoding, body),
    ...encodeResponseFields(encoding, body),
  };
  noteUnreadFields(encoding, body, ['top_k']);
  const isStream = body.stream === true;
  return {
    body: encoded,
    headers: jsonHeaders(body, 'application/vnd.amazon.eventstream'),
    path: `/model/${encodeURIComponent(target.model)}/${isStream ? 'converse-stream' : 'converse'}`,
    losses: encoding.losses,
  };
}
