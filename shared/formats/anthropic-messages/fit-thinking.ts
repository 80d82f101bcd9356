import type { CanonicalBody } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { type Loss, recordLoss } from '../loss.ts';

/**
 * Models that think within a budget only: those before the sixth release of the fourth generation, by Anthropic's guide
 * "Adaptive thinking". Hosts write the same names with a vendor in front and a date behind.
 */
const BUDGET_MODELS = /claude-(?:instant|2|3|(?:opus|sonnet|haiku)-4(?:-[0-5](?!\d)|-\d{8}|@|$))/;
/** Of these, the one that takes an effort. */
const EFFORT_MODELS = /claude-opus-4-5(?!\d)/;
/** What the guide recommends to begin with for work on code. */
const BUDGET_TOKENS = 10_240;
const BUDGET_TOKENS_MIN = 1_024;

/** Within a loop of calls, a budget wants the last answer to begin with thinking. */
function continuesWithoutThinking(messages: CanonicalBody['messages']): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant');
  if (last === undefined || typeof last.content === 'string') return false;
  const [first] = last.content;
  const isCalling = last.content.some(({ type }) => type === 'tool_use');
  return isCalling && first?.type !== 'thinking' && first?.type !== 'redacted_thinking';
}

function withoutThinking({ thinking: _thinking, ...body }: CanonicalBody): CanonicalBody {
  const management: unknown = 'context_management' in body ? body.context_management : undefined;
  const edits: readonly unknown[] =
    isJsonObject(management) && Array.isArray(management['edits']) ? management['edits'] : [];
  const kept = edits.filter((edit) => !(isJsonObject(edit) && String(edit['type']).startsWith('clear_thinking')));
  // Clearing thinking that is not asked for is refused.
  if (kept.length === edits.length || !isJsonObject(management)) return body;
  return { ...body, context_management: { ...management, edits: kept } } as CanonicalBody;
}

/**
 * Adaptive thinking and effort for a model that knows neither, as when a policy sends a call to an older model than the
 * client asked for: a budget instead of the first, nothing instead of the second.
 */
export function fitThinking(body: CanonicalBody, model: string, losses: Loss[]): CanonicalBody {
  if (!BUDGET_MODELS.test(model)) return body;
  let fitted = body;
  if (body.thinking?.type === 'adaptive') {
    const budget = Math.min(BUDGET_TOKENS, (body.max_tokens ?? BUDGET_TOKENS) - 1);
    const hasRoom = budget >= BUDGET_TOKENS_MIN && !continuesWithoutThinking(body.messages);
    const detail = hasRoom ? `adaptive thinking sent as a budget of ${budget}` : 'model takes no adaptive thinking';
    const kind = hasRoom ? 'approximated' : 'dropped';
    recordLoss(losses, { kind, pointer: '/thinking', format: 'anthropic-messages', detail });
    fitted = hasRoom ? { ...body, thinking: { type: 'enabled', budget_tokens: budget } } : withoutThinking(body);
  }
  const effort = fitted.output_config?.effort ?? null;
  if (effort === null || EFFORT_MODELS.test(model)) return fitted;
  recordLoss(losses, {
    kind: 'dropped',
    pointer: '/output_config/effort',
    format: 'anthropic-messages',
    detail: 'model takes no effort',
  });
  const { effort: _effort, ...config } = fitted.output_config ?? {};
  if (Object.keys(config).length > 0) return { ...fitted, output_config: config };
  const { output_config: _config, ...rest } = fitted;
  return rest;
}
