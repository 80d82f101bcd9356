import type { FakeToolCall } from './fake-reply.ts';

/** A request body of either format, as a model reads it. */
export interface Conversation {
  readonly model: string;
  readonly systemText: string;
  readonly firstUserText: string;
  readonly lastUserText: string;
  /** Results that stand after the last words of the assistant. */
  readonly toolResults: readonly string[];
  /** Tool calls that the last user text asks for, in lines such as `call read_file {"path":"a.ts"}`. */
  readonly askedCalls: readonly FakeToolCall[];
}

type Fields = Readonly<Record<string, unknown>>;

const CALL_LINE = /^call ([\w-]+)(?: (\{.*\}))?$/gm;

export function readConversation(body: Fields): Conversation {
  const messages = (Array.isArray(body['messages']) ? body['messages'] : []) as Fields[];
  const systems = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const userTexts = messages.filter(({ role }) => role === 'user').map(({ content }) => textOf(content));
  const spoken = userTexts.filter((text) => text !== '');
  const lastUserText = spoken.at(-1) ?? '';
  const lastAssistant = messages.findLastIndex(({ role }) => role === 'assistant');
  return {
    model: String(body['model']),
    systemText: [textOf(body['system']), ...systems.map(({ content }) => textOf(content))].join('\n'),
    firstUserText: spoken[0] ?? '',
    lastUserText,
    toolResults: messages.slice(lastAssistant + 1).flatMap(resultsOf),
    askedCalls: askedCalls(lastUserText),
  };
}

function askedCalls(text: string): FakeToolCall[] {
  return [...text.matchAll(CALL_LINE)].map((match) => ({
    name: match[1] ?? '',
    arguments: JSON.parse(match[2] ?? '{}') as unknown,
  }));
}

/** Text of a content value: a string, or the text blocks of an array, tool results left out. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = (content as Fields[]).filter(({ type }) => type === 'text').map(({ text }) => String(text));
  return texts.join('\n');
}

function resultsOf(message: Fields): string[] {
  if (message['role'] === 'tool') return [textOf(message['content'])];
  if (!Array.isArray(message['content'])) return [];
  const blocks = message['content'] as Fields[];
  return blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content));
}
