import type { Turn } from '../conversation-turns.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import { encodeToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import type { ChatMessage, ChatToolCall } from './chat-request.ts';
import { joinTexts } from './encode-content.ts';

/** A call of the turn: its id in the canonical history, and the one that it has upstream. */
export interface PlacedCall {
  readonly canonicalId: string;
  readonly upstreamId: string;
  readonly path: RequestPath;
}

export interface EncodedAssistantTurn {
  /** Null when nothing of the turn can be said upstream. */
  readonly message: ChatMessage | null;
  readonly calls: readonly PlacedCall[];
}

/** Two calls of one turn with the same id could not be answered apart. */
function uniqueCallId(id: string, taken: readonly PlacedCall[], encoding: Encoding, path: RequestPath): string {
  const encoded = encodeToolUseId(id);
  if (encoded !== id) lose(encoding, 'renamed', [...path, 'id'], 'tool-use id does not fit');
  if (!taken.some((call) => call.upstreamId === encoded)) return encoded;
  lose(encoding, 'repaired', [...path, 'id'], 'two calls of one turn had the same id');
  return encodeToolUseId(`${id}#${taken.length}`.padEnd(65, '#'));
}

function encodeName(encoding: Encoding, name: string, path: RequestPath): string {
  const encoded = encodeToolName(name);
  if (encoded !== name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
  return encoded;
}

/** An assistant turn as one message with its calls. Reasoning goes back only to servers that want theirs. */
export function encodeAssistantTurn(encoding: Encoding, turn: Turn): EncodedAssistantTurn {
  const texts: string[] = [];
  const reasoning: string[] = [];
  const calls: PlacedCall[] = [];
  const toolCalls: ChatToolCall[] = [];
  for (const { block, path } of turn.blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'tool_use') {
      const id = uniqueCallId(block.id, calls, encoding, path);
      calls.push({ canonicalId: block.id, upstreamId: id, path });
      const name = encodeName(encoding, block.name, path);
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
