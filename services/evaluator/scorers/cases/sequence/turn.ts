import type { ScoredContent } from '../../scoring-subject.ts';
import { type ContentInput, content } from '../scorer-case.ts';

type Block = Readonly<Record<string, unknown>>;
export type Message = Readonly<Record<string, unknown>>;

/** Messages as they stand in requests, in as few words as examples want. */
export const user = (text: string): Message => ({ role: 'user', content: text });
export const assistant = (...content: readonly Block[]): Message => ({ role: 'assistant', content });
export const text = (said: string): Block => ({ type: 'text', text: said });
export const call = (id: string, name: string, input: unknown = {}): Block => ({ type: 'tool_use', id, name, input });
export const result = (id: string, told: unknown, isError = false): Block => ({
  type: 'tool_result',
  tool_use_id: id,
  content: typeof told === 'string' ? told : JSON.stringify(told),
  ...(isError ? { is_error: true } : {}),
});
export const answers = (...blocks: readonly Block[]): Message => ({ role: 'user', content: blocks });

/** A call that answers this conversation. */
export function after(messages: readonly Message[], reply: ContentInput): ScoredContent {
  return content({ tools: null, ...reply, messages });
}

/** The request that follows when the reply got these answers. */
export function followedBy(messages: readonly Message[], reply: Message, ...next: readonly Message[]) {
  return { messages: [...messages, reply, ...next] };
}
