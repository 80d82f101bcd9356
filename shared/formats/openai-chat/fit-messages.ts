import { markedSystemText } from '../describe-content.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { ChatContentPart, ChatMessage } from './chat-request.ts';

/** Stands between a tool result and what the user says next, where a server demands an assistant's word there. */
const BRIDGE: ChatMessage = { role: 'assistant', content: 'Understood.' };

type UserContent = Extract<ChatMessage, { role: 'user' }>['content'];

const isSystem = (message: ChatMessage) => message.role === 'system' || message.role === 'developer';

function asParts(content: UserContent): readonly ChatContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function joinContents(one: UserContent, other: UserContent): UserContent {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n\n${other}`;
  return [...asParts(one), ...asParts(other)];
}

function textOf(content: string | readonly ChatContentPart[]): string {
  return asParts(content)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n\n');
}

/** System text as user text; the prompt itself leads the first user message. */
function withoutSystemRole(encoding: Encoding, messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message, index): ChatMessage => {
    if (message.role !== 'system' && message.role !== 'developer') return message;
    const text = textOf(message.content);
    if (index > 0) return { role: 'user', content: markedSystemText(encoding, text, ['messages']) };
    lose(encoding, 'approximated', ['system'], 'system prompt sent as user text');
    return { role: 'user', content: text };
  });
}

function withBridges(encoding: Encoding, messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.flatMap((message, index) => {
    const isAfterTool = messages[index - 1]?.role === 'tool';
    if (!isAfterTool || (message.role !== 'user' && !isSystem(message))) return [message];
    lose(encoding, 'approximated', ['messages'], 'assistant message put between a tool result and the user');
    return [BRIDGE, message];
  });
}

function withoutUserPairs(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (message.role === 'user' && last?.role === 'user') {
      merged[merged.length - 1] = { role: 'user', content: joinContents(last.content, message.content) };
    } else merged.push(message);
  }
  return merged;
}

function withPrefix(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? [...messages.slice(0, -1), { ...last, prefix: true }] : messages;
}

/** The messages in the order and the roles that the target's chat template takes. */
export function fitMessages(encoding: Encoding, messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const { target } = encoding;
  let fitted = messages;
  if (!target.acceptsSystemRole) fitted = withoutSystemRole(encoding, fitted);
  if (!target.acceptsUserAfterTool) fitted = withBridges(encoding, fitted);
  if (!target.acceptsConsecutiveUsers || !target.acceptsSystemRole) fitted = withoutUserPairs(fitted);
  return target.continuation === 'prefix' ? withPrefix(fitted) : fitted;
}
