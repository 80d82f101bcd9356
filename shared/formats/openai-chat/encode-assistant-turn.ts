import type { Turn } from '../conversation-turns.ts';
import { encodePlacedName } from '../custom-tools.ts';
import { joinTexts } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl } from '../encoding.ts';
import { encodeCallId, type SentCall } from '../walk-conversation.ts';
import { callIdEncoder } from './chat-call-id.ts';
import type { ChatMessage, ChatToolCall } from './chat-request.ts';

export interface EncodedAssistantTurn {
  /** Null when nothing of the turn can be said upstream. */
  readonly message: ChatMessage | null;
  readonly calls: readonly SentCall[];
}

/** The text of a turn, and its reasoning where the target wants that. */
function saidAndThought({ target }: Encoding, text: string, reasoning: readonly string[]) {
  const content = text === '' ? null : text;
  const { replaysReasoning, reasoningField } = target;
  // DeepSeek misses the field on any turn that lacks it, also of another model's, and takes no null beside it.
  if (replaysReasoning && reasoningField === 'reasoning_content') {
    return { content: text, reasoning_content: reasoning.join('\n') };
  }
  if (reasoning.length === 0) return { content };
  if (reasoningField !== 'thinking-parts') return { content, [reasoningField]: reasoning.join('\n') };
  const thinking = reasoning.map((thought) => ({ type: 'text' as const, text: thought }));
  const said = text === '' ? [] : [{ type: 'text' as const, text }];
  return { content: [{ type: 'thinking' as const, thinking }, ...said] };
}

/** An assistant turn as one message with its calls. Reasoning goes back only to servers that want theirs. */
export function encodeAssistantTurn(encoding: Encoding, turn: Turn): EncodedAssistantTurn {
  const texts: string[] = [];
  const reasoning: string[] = [];
  const calls: SentCall[] = [];
  const encodeId = callIdEncoder(encoding.target);
  const toolCalls: ChatToolCall[] = [];
  for (const { block, path } of turn.blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'tool_use') {
      const taken = calls.map((call) => call.upstreamId);
      const id = encodeCallId(encoding, block.id, taken, path, encodeId);
      calls.push({ canonicalId: block.id, upstreamId: id, path });
      const name = encodePlacedName(encoding, block.name, path);
      toolCalls.push({ id, type: 'function', function: { name, arguments: JSON.stringify(block.input ?? {}) } });
    } else if (block.type === 'thinking') {
      if (encoding.target.replaysReasoning) reasoning.push(block.thinking);
      else lose(encoding, 'dropped', path, 'thinking of an earlier turn');
    } else lose(encoding, 'dropped', path, `assistant block that Chat Completions has not`);
  }
  const content = joinTexts(texts);
  if (content === '' && toolCalls.length === 0) return { message: null, calls };
  const message: ChatMessage = {
    role: 'assistant',
    ...saidAndThought(encoding, content, reasoning),
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  return { message, calls };
}
