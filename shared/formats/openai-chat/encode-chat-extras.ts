import { lookUp } from '../../look-up.ts';
import type { Canonical } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeExtras } from '../request-options.ts';

/** Fields of Chat Completions that compatible servers took over, and what tells that one has not. */
const COMMON_FIELDS: Readonly<Record<string, (target: EncodeTarget) => boolean>> = {
  seed: () => true,
  presence_penalty: (target) => target.acceptsPenalties,
  frequency_penalty: (target) => target.acceptsPenalties,
  logit_bias: (target) => target.acceptsLogitBias,
  user: (target) => target.acceptsUser,
  response_format: (target) => target.acceptsResponseFormat,
};
/** Fields that OpenAI alone has; strict servers answer 400 to them. */
const OPENAI_FIELDS: ReadonlySet<string> = new Set([
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'metadata',
  'store',
  'service_tier',
  'verbosity',
  'prediction',
  'web_search_options',
]);
/** Fields that ask for more than one plain answer; it would be paid for, and have no place to be delivered. */
const UNDELIVERABLE_FIELDS: ReadonlySet<string> = new Set(['n', 'logprobs', 'top_logprobs', 'modalities', 'audio']);

/** Why a field of OpenAI's own is not sent, or null when it is. */
function extraFault({ target }: Encoding, key: string, hasTools: boolean): string | null {
  if (UNDELIVERABLE_FIELDS.has(key)) return 'asks for more than one plain answer';
  if (OPENAI_FIELDS.has(key)) return target.acceptsOpenaiExtras ? null : `target takes no ${key}`;
  const accepts = lookUp(COMMON_FIELDS, key);
  if (accepts === undefined) return 'field that Chat Completions has not';
  if (!accepts(target)) return `target takes no ${key}`;
  const isFormatBesideTools = key === 'response_format' && hasTools && !target.acceptsResponseFormatWithTools;
  return isFormatBesideTools ? 'target takes no response_format beside tools' : null;
}

/** What the client said in fields of OpenAI's own, under the names and in the forms that the target takes. */
export function encodeChatExtras(encoding: Encoding, extras: Canonical['extras'], hasTools: boolean): JsonObject {
  const { seedField, acceptsJsonSchema } = encoding.target;
  const fields = encodeExtras(encoding, extras, 'openai', (key) => extraFault(encoding, key, hasTools));
  const { seed, response_format: format, ...rest } = fields;
  const isSchema = isJsonObject(format) && format['type'] === 'json_schema' && !acceptsJsonSchema;
  if (isSchema) {
    lose(encoding, 'approximated', ['extras', 'openai', 'response_format'], 'json_schema sent as json_object');
  }
  return {
    ...rest,
    ...(seed === undefined ? {} : { [seedField]: seed }),
    ...(format === undefined ? {} : { response_format: isSchema ? { type: 'json_object' } : format }),
  };
}
