import type Anthropic from '@anthropic-ai/sdk';
import { lookUp } from '../../look-up.ts';
import type { CanonicalBody } from '../canonical.ts';
import { lose } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import type { ConverseMessage } from './converse-request.ts';
import type { Encoding } from './encoding.ts';

/** Anthropic's smallest thinking budget. */
const THINKING_BUDGET_TOKENS_MIN = 1_024;
const LEVELS: Readonly<Record<string, string>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
const LOW_BUDGET_TOKENS_MAX = 4_096;
const MEDIUM_BUDGET_TOKENS_MAX = 16_384;

/**
 * Whether the last assistant turn calls tools without opening with reasoning: with a thinking budget, Anthropic's models
 * refuse to go on from there. It happens where the reasoning was another model's, and had to be left out.
 */
function lacksReasoning(messages: readonly ConverseMessage[]): boolean {
  const last = messages.findLast((message) => message.role === 'assistant');
  const isToolLoop = last?.content.some((block) => 'toolUse' in block) ?? false;
  const first = last?.content[0];
  return isToolLoop && first !== undefined && !('reasoningContent' in first);
}

function encodeBudget(
  encoding: Encoding,
  thinking: Anthropic.ThinkingConfigEnabled,
  maxTokens: number | undefined,
): JsonObject {
  if (maxTokens === undefined || thinking.budget_tokens < maxTokens) return { thinking };
  const clamped = maxTokens - 1;
  if (clamped < THINKING_BUDGET_TOKENS_MIN) {
    lose(encoding, 'dropped', ['thinking'], 'no room for thinking below the clamped max_tokens');
    return {};
  }
  lose(encoding, 'clamped', ['thinking', 'budget_tokens'], `thinking budget clamped to ${clamped}`);
  return { thinking: { ...thinking, budget_tokens: clamped } };
}

function anthropicThinking(
  encoding: Encoding,
  body: CanonicalBody,
  messages: readonly ConverseMessage[],
  maxTokens: number | undefined,
): JsonObject {
  const { thinking } = body;
  if (thinking === undefined || thinking.type === 'disabled') return {};
  if (thinking.type !== 'enabled') {
    // The family's newer models only; they are the ones that take an effort.
    if (encoding.target.supportsReasoningEffort) return { thinking };
    lose(encoding, 'dropped', ['thinking'], 'thinking without a budget, which the target is not declared to take');
    return {};
  }
  if (lacksReasoning(messages)) {
    lose(encoding, 'dropped', ['thinking'], 'thinking left out in a tool loop that began without it');
    return {};
  }
  return encodeBudget(encoding, thinking, maxTokens);
}

function levelOf(encoding: Encoding, body: CanonicalBody): string | undefined {
  const effort = body.output_config?.effort;
  if (effort !== undefined && effort !== null) {
    const level = lookUp(LEVELS, effort) ?? 'medium';
    if (level !== effort) lose(encoding, 'approximated', ['output_config', 'effort'], `effort sent as ${level}`);
    return level;
  }
  if (body.thinking?.type !== 'enabled') return undefined;
  const budget = body.thinking.budget_tokens;
  const level = budget <= LOW_BUDGET_TOKENS_MAX ? 'low' : budget <= MEDIUM_BUDGET_TOKENS_MAX ? 'medium' : 'high';
  lose(encoding, 'approximated', ['thinking', 'budget_tokens'], `thinking budget sent as effort ${level}`);
  return level;
}

/** Models that know levels of reasoning instead of budgets, each under its own name for them. */
function leveledReasoning(encoding: Encoding, body: CanonicalBody): JsonObject {
  const { dialect } = encoding.traits;
  const asksForThinking = body.thinking !== undefined && body.thinking.type !== 'disabled';
  if (dialect === null || !encoding.target.supportsReasoningEffort) {
    if (asksForThinking) lose(encoding, 'dropped', ['thinking'], 'target takes no thinking');
    if (body.output_config?.effort) {
      lose(encoding, 'dropped', ['output_config', 'effort'], 'target takes no reasoning effort');
    }
    return {};
  }
  if (body.thinking?.type === 'disabled') return {};
  const level = levelOf(encoding, body);
  if (level === undefined) return {};
  if (dialect === 'openai') return { reasoning_effort: level };
  return { reasoningConfig: { type: 'enabled', maxReasoningEffort: level } };
}

function anthropicEffort(encoding: Encoding, body: CanonicalBody): JsonObject {
  const effort = body.output_config?.effort;
  if (effort === undefined || effort === null) return {};
  if (encoding.target.supportsReasoningEffort) return { output_config: { effort } };
  lose(encoding, 'dropped', ['output_config', 'effort'], 'target takes no reasoning effort');
  return {};
}

function encodeTopK(encoding: Encoding, body: CanonicalBody): JsonObject {
  const topK = body.top_k;
  if (topK === undefined || topK === null) return {};
  const { dialect } = encoding.traits;
  if (encoding.target.acceptsSampling && dialect === 'anthropic') return { top_k: topK };
  if (encoding.target.acceptsSampling && dialect === 'nova') return { inferenceConfig: { topK } };
  lose(encoding, 'dropped', ['top_k'], 'target takes no top_k');
  return {};
}

/** `additionalModelRequestFields`: what Converse has no field for, each family of models by its own names. */
export function encodeModelFields(
  encoding: Encoding,
  body: CanonicalBody,
  messages: readonly ConverseMessage[],
  maxTokens: number | undefined,
): JsonObject {
  const isAnthropic = encoding.traits.dialect === 'anthropic';
  const fields: JsonObject = {
    ...(isAnthropic ? anthropicThinking(encoding, body, messages, maxTokens) : leveledReasoning(encoding, body)),
    ...(isAnthropic ? anthropicEffort(encoding, body) : {}),
    ...encodeTopK(encoding, body),
  };
  return Object.keys(fields).length === 0 ? {} : { additionalModelRequestFields: fields };
}

/** `outputConfig` from `output_config.format`; Converse wants the schema as text. */
export function encodeOutputFormat(encoding: Encoding, body: CanonicalBody): JsonObject {
  const format: unknown = body.output_config?.format;
  if (!isJsonObject(format)) return {};
  if (!encoding.traits.outputFormat || !encoding.target.acceptsResponseFormat) {
    lose(encoding, 'dropped', ['output_config', 'format'], 'target takes no output format');
    return {};
  }
  const schema = JSON.stringify(format['schema'] ?? {});
  return {
    outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'output', schema } } } },
  };
}
