import { lookUp } from '../../look-up.ts';
import type { CanonicalBody } from '../canonical.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { modelGeneration } from './model-generation.ts';

type Level = 'low' | 'medium' | 'high';

/** Levels of the third generation that all its models share end at high. */
const LEVEL_OF_EFFORT: Readonly<Record<string, Level>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
/** Budgets that the second generation's own guide gives for these levels in OpenAI-compatible requests. */
const BUDGET_OF_LEVEL: Readonly<Record<Level, number>> = { low: 1_024, medium: 8_192, high: 24_576 };
/** The largest budget that every model of the second generation takes. */
const BUDGET_TOKENS_MAX = 24_576;
/** Lets the model decide. */
const DYNAMIC_BUDGET = -1;
/** Pro models of the second generation always think; this is the least that they take. */
const PRO_BUDGET_TOKENS_MIN = 128;
const LOW_BUDGET_TOKENS_MAX = 4_096;
const MEDIUM_BUDGET_TOKENS_MAX = 16_384;

function levelOfBudget(budgetTokens: number): Level {
  if (budgetTokens <= LOW_BUDGET_TOKENS_MAX) return 'low';
  return budgetTokens <= MEDIUM_BUDGET_TOKENS_MAX ? 'medium' : 'high';
}

/** `thinkingLevel`, of models since the third generation; they cannot be kept from thinking. */
function encodeLevel(encoding: Encoding, body: CanonicalBody, effort: string | undefined): JsonObject {
  const { thinking } = body;
  if (thinking?.type === 'disabled') {
    lose(encoding, 'approximated', ['thinking'], 'thinking cannot be disabled; sent as level low');
    return { thinkingLevel: 'low' };
  }
  if (effort !== undefined) {
    const level = lookUp(LEVEL_OF_EFFORT, effort) ?? 'medium';
    if (level !== effort) lose(encoding, 'approximated', ['output_config', 'effort'], `effort sent as ${level}`);
    return { thinkingLevel: level };
  }
  if (thinking?.type !== 'enabled') return {};
  const level = levelOfBudget(thinking.budget_tokens);
  lose(encoding, 'approximated', ['thinking', 'budget_tokens'], `thinking budget sent as level ${level}`);
  return { thinkingLevel: level };
}

/** `thinkingBudget`, of the second generation. */
function encodeBudget(encoding: Encoding, body: CanonicalBody, effort: string | undefined): JsonObject {
  const { thinking } = body;
  if (thinking?.type === 'disabled') {
    if (!(encoding.target.family ?? encoding.target.model).includes('pro')) return { thinkingBudget: 0 };
    lose(encoding, 'approximated', ['thinking'], `thinking cannot be disabled; budget of ${PRO_BUDGET_TOKENS_MIN}`);
    return { thinkingBudget: PRO_BUDGET_TOKENS_MIN };
  }
  if (thinking?.type === 'enabled') {
    if (thinking.budget_tokens <= BUDGET_TOKENS_MAX) return { thinkingBudget: thinking.budget_tokens };
    const path = ['thinking', 'budget_tokens'];
    lose(encoding, 'clamped', path, `thinking budget clamped to ${BUDGET_TOKENS_MAX}`);
    return { thinkingBudget: BUDGET_TOKENS_MAX };
  }
  if (effort !== undefined) {
    const budget = BUDGET_OF_LEVEL[lookUp(LEVEL_OF_EFFORT, effort) ?? 'medium'];
    lose(encoding, 'approximated', ['output_config', 'effort'], `effort sent as a thinking budget of ${budget}`);
    return { thinkingBudget: budget };
  }
  return thinking === undefined ? {} : { thinkingBudget: DYNAMIC_BUDGET };
}

/** `thinkingConfig` from `thinking` and `output_config.effort`, for models that reason. */
export function encodeThinking(encoding: Encoding, body: CanonicalBody): JsonObject {
  const { thinking } = body;
  const effort = body.output_config?.effort ?? undefined;
  if (!encoding.target.supportsReasoningEffort) {
    if (effort !== undefined) lose(encoding, 'dropped', ['output_config', 'effort'], 'target takes no thinking config');
    if (thinking !== undefined && thinking.type !== 'disabled') {
      lose(encoding, 'dropped', ['thinking'], 'target takes no thinking config');
    }
    return {};
  }
  const isLevel = modelGeneration(encoding.target) >= 3;
  const config = isLevel ? encodeLevel(encoding, body, effort) : encodeBudget(encoding, body, effort);
  const isOmitted = thinking !== undefined && 'display' in thinking && thinking.display === 'omitted';
  const isShown = thinking !== undefined && thinking.type !== 'disabled' && !isOmitted;
  const thinkingConfig = { ...config, ...(isShown ? { includeThoughts: true } : {}) };
  return Object.keys(thinkingConfig).length === 0 ? {} : { thinkingConfig };
}
