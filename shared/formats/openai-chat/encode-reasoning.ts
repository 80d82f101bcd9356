import type { CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';

/** Efforts from the least; a target's highest bounds what is sent. */
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
/** A budget has no counterpart but a level. These are where Anthropic's own guide starts to call it more. */
const LOW_BUDGET_TOKENS_MAX = 4_096;
const MEDIUM_BUDGET_TOKENS_MAX = 16_384;

/** What a request wants of reasoning. */
interface ReasoningWish {
  /** Null leaves it to the model. */
  readonly isOn: boolean | null;
  readonly effort: string | null;
  readonly budgetTokens: number | null;
}

function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= LOW_BUDGET_TOKENS_MAX) return 'low';
  return budgetTokens <= MEDIUM_BUDGET_TOKENS_MAX ? 'medium' : 'high';
}

function fitEffort(target: EncodeTarget, effort: string): string {
  if (target.onlyEffort !== undefined) return target.onlyEffort;
  const level = EFFORTS.indexOf(effort);
  if (level === -1) return 'medium';
  return EFFORTS[Math.min(level, EFFORTS.indexOf(target.highestEffort))] ?? effort;
}

/** Whether the request forces a call on a server that forces none while it thinks. */
function forcesCall({ target }: Encoding, body: CanonicalBody): boolean {
  const choice = body.tool_choice?.type;
  return target.toolChoice === 'auto-when-thinking' && (choice === 'any' || choice === 'tool');
}

/** Whether the forced call of a request has to be given up: it thinks, or cannot be kept from it. */
export function thinksInsteadOfCalling(encoding: Encoding, body: CanonicalBody): boolean {
  if (!forcesCall(encoding, body)) return false;
  const { supportsReasoningEffort, reasoningControl, acceptsEffortNone } = encoding.target;
  const canStop = supportsReasoningEffort && (reasoningControl !== 'reasoning_effort' || acceptsEffortNone);
  return !canStop || (body.thinking !== undefined && body.thinking.type !== 'disabled');
}

function readWish(encoding: Encoding, body: CanonicalBody): ReasoningWish {
  const { thinking } = body;
  const effort = body.output_config?.effort ?? null;
  const budgetTokens = thinking?.type === 'enabled' ? thinking.budget_tokens : null;
  if (thinking !== undefined) return { isOn: thinking.type !== 'disabled', effort, budgetTokens };
  return { isOn: forcesCall(encoding, body) ? false : null, effort, budgetTokens };
}

function loseEffort(encoding: Encoding, { effort, budgetTokens }: ReasoningWish, why: string): void {
  if (effort !== null) lose(encoding, 'dropped', ['output_config', 'effort'], why);
  if (budgetTokens !== null) lose(encoding, 'dropped', ['thinking', 'budget_tokens'], why);
}

/** The level to send, from the effort or else the budget; null when there is neither. */
function encodeEffort(encoding: Encoding, { isOn, effort, budgetTokens }: ReasoningWish): string | null {
  if (effort !== null) {
    const fitted = fitEffort(encoding.target, effort);
    if (fitted !== effort) lose(encoding, 'approximated', ['output_config', 'effort'], `effort sent as ${fitted}`);
    if (budgetTokens !== null) lose(encoding, 'dropped', ['thinking', 'budget_tokens'], 'budget beside an effort');
    return fitted;
  }
  // Where there is but one level, it is what turns reasoning on.
  if (budgetTokens === null) return isOn === true ? (encoding.target.onlyEffort ?? null) : null;
  const fitted = fitEffort(encoding.target, effortOfBudget(budgetTokens));
  lose(encoding, 'approximated', ['thinking', 'budget_tokens'], `thinking budget sent as effort ${fitted}`);
  return fitted;
}

/** `reasoning_effort`. An effort beside disabled thinking is a contradiction that servers refuse. */
function effortField(encoding: Encoding, wish: ReasoningWish): JsonObject {
  if (wish.isOn === false) {
    loseEffort(encoding, wish, 'effort beside disabled thinking');
    if (encoding.target.acceptsEffortNone) return { reasoning_effort: 'none' };
    lose(encoding, 'approximated', ['thinking'], 'thinking cannot be disabled; left to the default of the model');
    return {};
  }
  const effort = encodeEffort(encoding, wish);
  return effort === null ? {} : { reasoning_effort: effort };
}

/** OpenRouter's object, which has a place for a budget. */
function reasoningObject(encoding: Encoding, wish: ReasoningWish): JsonObject {
  if (wish.isOn === false) return { reasoning: { enabled: false } };
  if (wish.effort === null && wish.budgetTokens !== null) return { reasoning: { max_tokens: wish.budgetTokens } };
  const effort = encodeEffort(encoding, { ...wish, budgetTokens: null });
  if (effort !== null) return { reasoning: { effort } };
  return wish.isOn === true ? { reasoning: { enabled: true } } : {};
}

type WriteWish = (encoding: Encoding, wish: ReasoningWish) => JsonObject;

const WRITERS: Readonly<Record<EncodeTarget['reasoningControl'], WriteWish>> = {
  reasoning_effort: effortField,
  reasoning: reasoningObject,
  thinking(encoding, wish) {
    if (wish.isOn === false) {
      loseEffort(encoding, wish, 'effort beside disabled thinking');
      return { thinking: { type: 'disabled' } };
    }
    return { ...(wish.isOn === true ? { thinking: { type: 'enabled' } } : {}), ...effortField(encoding, wish) };
  },
  chat_template_kwargs(encoding, wish) {
    loseEffort(encoding, wish, 'thinking of this target is on or off');
    return wish.isOn === null ? {} : { chat_template_kwargs: { enable_thinking: wish.isOn } };
  },
  'reasoning.enabled'(encoding, wish) {
    loseEffort(encoding, wish, 'thinking of this target is on or off');
    return wish.isOn === null ? {} : { reasoning: { enabled: wish.isOn } };
  },
};

/** How much the model is to reason, in the field that the target has for it. */
export function encodeReasoning(encoding: Encoding, body: CanonicalBody): JsonObject {
  const { target } = encoding;
  const format = target.reasoningFormat === undefined ? {} : { reasoning_format: target.reasoningFormat };
  const wish = readWish(encoding, body);
  if (target.supportsReasoningEffort) return { ...format, ...WRITERS[target.reasoningControl](encoding, wish) };
  if (wish.effort !== null) {
    lose(encoding, 'dropped', ['output_config', 'effort'], 'target takes no reasoning effort');
  }
  if (wish.isOn === true) lose(encoding, 'dropped', ['thinking'], 'target takes no reasoning effort');
  return format;
}
