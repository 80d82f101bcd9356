import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody } from '../canonical.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { isStrictSchema } from './strict-schema.ts';

const PATH = ['output_config', 'format'];

function encodeFormat(encoding: Encoding, format: Anthropic.JSONOutputFormat, hasTools: boolean): JsonObject {
  const { target } = encoding;
  if (!target.acceptsResponseFormat || (hasTools && !target.acceptsResponseFormatWithTools)) {
    const beside = target.acceptsResponseFormat ? ' beside tools' : '';
    lose(encoding, 'dropped', PATH, `target takes no response_format${beside}`);
    return {};
  }
  if (!target.acceptsJsonSchema) return { response_format: { type: 'json_object' } };
  const strict = isStrictSchema(format.schema);
  if (!strict) lose(encoding, 'approximated', PATH, 'schema does not fit strict mode; it is only a hint');
  return { response_format: { type: 'json_schema', json_schema: { name: 'output', schema: format.schema, strict } } };
}

/** `response_format` from `output_config.format`. */
export function encodeOutputFormat(encoding: Encoding, body: CanonicalBody, hasTools: boolean): JsonObject {
  const format = body.output_config?.format;
  return format === undefined || format === null ? {} : encodeFormat(encoding, format, hasTools);
}

/** The schema in words, for servers that only promise an object; they also want to hear of JSON in the prompt. */
export function schemaInstruction(encoding: Encoding, body: CanonicalBody): string {
  const { acceptsResponseFormat, acceptsJsonSchema } = encoding.target;
  const schema = body.output_config?.format?.schema;
  if (schema === undefined || !acceptsResponseFormat || acceptsJsonSchema) return '';
  lose(encoding, 'approximated', PATH, 'schema of the answer said in the system prompt');
  return `Answer with one JSON object that fits this JSON schema, and nothing else:\n${JSON.stringify(schema)}`;
}
