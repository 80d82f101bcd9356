import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody } from '../canonical.ts';
import { type Encoding, lose } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';

type Effort = 'low' | 'medium' | 'high';

/** Servers know three levels; above them is the highest that they have. */
const EFFORTS: Readonly<Record<string, Effort>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
/** A budget has no counterpart but a level. These are where Anthropic's own guide starts to call it more. */
const LOW_BUDGET_TOKENS_MAX = 4_096;
const MEDIUM_BUDGET_TOKENS_MAX = 16_384;
const SCHEMA_DEPTH_MAX = 64;

function effortOfBudget(budgetTokens: number): Effort {
  if (budgetTokens <= LOW_BUDGET_TOKENS_MAX) return 'low';
  return budgetTokens <= MEDIUM_BUDGET_TOKENS_MAX ? 'medium' : 'high';
}

/** `reasoning_effort` from `output_config.effort` or a thinking budget, for targets that take it. */
export function encodeReasoning(encoding: Encoding, body: CanonicalBody): JsonObject {
  const { thinking } = body;
  const effort = body.output_config?.effort ?? undefined;
  if (!encoding.target.supportsReasoningEffort) {
    if (effort !== undefined)
      lose(encoding, 'dropped', ['output_config', 'effort'], 'target takes no reasoning effort');
    if (thinking !== undefined && thinking.type !== 'disabled') {
      lose(encoding, 'dropped', ['thinking'], 'target takes no reasoning effort');
    }
    return {};
  }
  // An effort beside disabled thinking is a contradiction that servers refuse.
  if (thinking?.type === 'disabled') {
    lose(encoding, 'approximated', ['thinking'], 'thinking cannot be disabled; left to the default of the model');
    return {};
  }
  if (effort !== undefined) {
    const mapped = EFFORTS[effort] ?? 'medium';
    if (mapped !== effort) lose(encoding, 'approximated', ['output_config', 'effort'], `effort sent as ${mapped}`);
    return { reasoning_effort: mapped };
  }
  if (thinking?.type === 'enabled') {
    const mapped = effortOfBudget(thinking.budget_tokens);
    lose(encoding, 'approximated', ['thinking', 'budget_tokens'], `thinking budget sent as effort ${mapped}`);
    return { reasoning_effort: mapped };
  }
  return {};
}

/** Strict mode asks that every object lists all its properties as required and allows no others. */
function isStrictSchema(schema: unknown, depth = 0): boolean {
  if (depth > SCHEMA_DEPTH_MAX) return false;
  if (Array.isArray(schema)) return schema.every((item) => isStrictSchema(item, depth + 1));
  if (!isJsonObject(schema)) return true;
  if (isJsonObject(schema['properties'])) {
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    const names = Object.keys(schema['properties']);
    if (schema['additionalProperties'] !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.values(schema).every((value) => isStrictSchema(value, depth + 1));
}

function encodeFormat(encoding: Encoding, format: Anthropic.JSONOutputFormat): JsonObject {
  const path = ['output_config', 'format'];
  if (!encoding.target.acceptsResponseFormat) {
    lose(encoding, 'dropped', path, 'target takes no response_format');
    return {};
  }
  const strict = isStrictSchema(format.schema);
  if (!strict) lose(encoding, 'approximated', path, 'schema does not fit strict mode; it is only a hint');
  return { response_format: { type: 'json_schema', json_schema: { name: 'output', schema: format.schema, strict } } };
}

/** `response_format` from `output_config.format`. */
export function encodeOutputFormat(encoding: Encoding, body: CanonicalBody): JsonObject {
  const format = body.output_config?.format;
  return format === undefined || format === null ? {} : encodeFormat(encoding, format);
}
