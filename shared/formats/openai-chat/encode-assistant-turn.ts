import type { Turn } from '../conversation-turns.ts';
import { encodePlacedName } from '../custom-tools.ts';
import { joinTexts } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl } from '../encoding.ts';
import { encodeCallId, type SentCall } from '../walk-conversation.ts';
import type { ChatMessage, ChatToolCall } from './chat-request.ts';

export interface EncodedAssistantTurn {
  /** Null when nothing of the turn can be said upstream. */
  readonly message: ChatMessage | null;
  readonly calls: readonly SentCall[];
}

/** An assistant turn as one message with its calls. Reasoning goes back only to servers that want theirs. */
export function encodeAssistantTurn(encoding: Encoding, turn: Turn): EncodedAssistantTurn {
  const texts: string[] = [];
  const reasoning: string[] = [];
  const calls: SentCall[] = [];
  const toolCalls: ChatToolCall[] = [];
  for (const { block, path } of turn.blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'tool_use') {
      const taken = calls.map((call) => call.upstreamId);
      const id = encodeCallId(encoding, block.id, taken, path);
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
    content: content === '' ? null : content,
    ...(reasoning.length > 0 ? { reasoning_content: reasoning.join('\n') } : {}),
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  return { message, calls };
}
