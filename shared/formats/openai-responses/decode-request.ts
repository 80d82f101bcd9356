import { invalidRequest } from '../api-error.ts';
import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import type { Ledger } from '../encoding.ts';
import type { DecodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { customToolNames, decodeCustomTool } from '../openai-chat/custom-tool.ts';
import { decodeEffort, decodeJsonSchema, outputConfig } from '../openai-chat/decode-output-config.ts';
import { withSomethingToAnswer } from '../openai-chat/decode-request.ts';
import { decodeFunction, decodeToolChoice } from '../openai-chat/decode-tools.ts';
import { decodeHostedTool, hostedToolName } from './decode-hosted-tool.ts';
import { decodeInput, kindOf } from './decode-input.ts';
import { requestFault } from './request-faults.ts';
import { serverState } from './server-state.ts';

/** Fields that have a place in the canonical body. All others are the family's own. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'stream',
  'stream_options',
  'text',
  'reasoning',
]);
/** Values by which a client says what is so anyway. Whether an answer is stored is the client's affair, not the model's. */
const DEFAULTS: JsonObject = { truncation: 'disabled', background: false, store: false, top_logprobs: 0 };
/** Encrypted reasoning is always asked for, and always given. */
const ENCRYPTED_REASONING = 'reasoning.encrypted_content';

/** Fields of the request that a response repeats. */
const ECHOED_FIELDS = [
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt_cache_key',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_p',
  'truncation',
  'user',
];

function decodeTools(decoding: Ledger, body: JsonObject): Pick<CanonicalBody, 'tools' | 'tool_choice'> {
  const tools: CanonicalTool[] = [];
  const given: readonly unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
  for (const [index, tool] of given.entries()) {
    if (isJsonObject(tool) && tool['type'] === 'function') tools.push(decodeFunction(tool));
    else if (isJsonObject(tool) && tool['type'] === 'custom') {
      tools.push(decodeCustomTool(decoding, tool, ['tools', index]));
    } else if (isJsonObject(tool)) tools.push(decodeHostedTool(decoding, tool, kindOf(tool), ['tools', index]));
  }
  const choice = decodeToolChoice(decoding, withNamedChoice(body, tools), tools.length > 0);
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
  };
}

/** A choice of a hosted tool, which is made by its kind, as the choice of a function by its name. */
function withNamedChoice(body: JsonObject, tools: readonly CanonicalTool[]): JsonObject {
  const choice = body['tool_choice'];
  if (!isJsonObject(choice) || typeof choice['type'] !== 'string') return body;
  const name = hostedToolName(choice['type']);
  const isHosted = tools.some((tool) => !('input_schema' in tool) && 'name' in tool && tool.name === name);
  return isHosted ? { ...body, tool_choice: { type: 'function', name } } : body;
}

function decodeSampling(body: JsonObject): Pick<CanonicalBody, 'temperature' | 'top_p' | 'max_tokens'> {
  const { max_output_tokens: maxTokens, temperature, top_p: topP } = body;
  return {
    ...(typeof maxTokens === 'number' ? { max_tokens: maxTokens } : {}),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
  };
}

/** The parts of `text` and `reasoning` that are OpenAI's own, under the names that Chat Completions has for them. */
function decodeOwnOptions(text: JsonObject, reasoning: JsonObject, hasSchema: boolean): JsonObject {
  const { format, verbosity } = text;
  const { effort: _effort, ...rest } = reasoning;
  const own = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  const isPlain = !isJsonObject(format) || format['type'] === 'text';
  return {
    ...(typeof verbosity === 'string' ? { verbosity } : {}),
    ...(hasSchema || isPlain ? {} : { response_format: format }),
    ...(Object.keys(own).length === 0 ? {} : { reasoning: own }),
  };
}

function decodeExtras(body: JsonObject, own: JsonObject): JsonObject {
  const extras: JsonObject = { ...own };
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || value === null || value === undefined || DEFAULTS[key] === value) continue;
    if (key === 'include' && Array.isArray(value)) {
      const rest = value.filter((wish) => wish !== ENCRYPTED_REASONING);
      if (rest.length > 0) extras[key] = rest;
    } else extras[key] = value;
  }
  return extras;
}

/**
 * Takes the body of `POST /v1/responses`. `previous_response_id` and `conversation` name a session, whose turns are
 * stored nowhere that a codec could reach: they are in the extras, for whoever knows the session.
 */
export function decodeRequest(body: unknown): DecodedRequest {
  if (!isJsonObject(body))
    return { type: 'rejected', error: invalidRequest('The request body must be a JSON object.') };
  const fault = requestFault(body);
  if (fault !== null) return { type: 'rejected', error: invalidRequest(fault) };
  const decoding: Ledger = { format: 'openai-responses', losses: [] };
  const text = isJsonObject(body['text']) ? body['text'] : {};
  const reasoning = isJsonObject(body['reasoning']) ? body['reasoning'] : {};
  const format = decodeJsonSchema(decoding, text['format'], ['text', 'format']);
  const effort = decodeEffort(decoding, reasoning['effort'], ['reasoning', 'effort']);
  const canonicalBody: CanonicalBody = {
    // The check above is what makes this true.
    model: body['model'] as string,
    ...withSomethingToAnswer(decoding, decodeInput(decoding, body)),
    ...decodeTools(decoding, body),
    ...decodeSampling(body),
    ...outputConfig(effort, format),
    ...(body['stream'] === true ? { stream: true } : {}),
  };
  const extras = decodeExtras(body, decodeOwnOptions(text, reasoning, format !== null));
  const echoed = ECHOED_FIELDS.filter((field) => body[field] !== undefined);
  const canonical = {
    body: canonicalBody,
    extras: Object.keys(extras).length === 0 ? {} : { openai: extras },
    clientOptions: {
      echo: Object.fromEntries(echoed.map((field) => [field, body[field]])),
      ...customToolNames(body['tools']),
      ...serverState(body),
    },
  };
  return { type: 'decoded', canonical, losses: decoding.losses };
}
