import type { ReplyScript } from '../reply-script.ts';
import { callId, calls, cut, json, type ReplyWire, textOf } from './reply-wire.ts';

const CHAT_USAGE = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
const chatFinish = (script: ReplyScript) =>
  script.stop === 'limit' ? 'length' : calls(script).length > 0 ? 'tool_calls' : 'stop';
const chatChunk = (delta: object, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  model: 'wire-model',
  choices: [{ index: 0, delta, finish_reason }],
});
const chatCall = (index: number, called: object, id?: string) =>
  chatChunk({ tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: called }] });

/** Chat Completions. */
export const chatWire: ReplyWire = {
  hasEndMark: true,
  events: (script) => [
    chatChunk({ role: 'assistant', content: '' }),
    ...cut(script, textOf(script, 'thinking')).map((reasoning_content) => chatChunk({ reasoning_content })),
    ...cut(script, textOf(script, 'text')).map((content) => chatChunk({ content })),
    ...calls(script).flatMap(({ name, input }, index) => [
      chatCall(index, { name, arguments: '' }, callId(index)),
      ...cut(script, json(input)).map((piece) => chatCall(index, { arguments: piece })),
    ]),
    chatChunk({}, chatFinish(script)),
    { object: 'chat.completion.chunk', choices: [], usage: CHAT_USAGE },
  ],
  body: (script) => ({
    object: 'chat.completion',
    model: 'wire-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf(script, 'text') || null,
          reasoning_content: textOf(script, 'thinking') || undefined,
          tool_calls: calls(script).map(({ name, input }, index) => ({
            id: callId(index),
            type: 'function',
            function: { name, arguments: json(input) },
          })),
        },
        finish_reason: chatFinish(script),
      },
    ],
    usage: CHAT_USAGE,
  }),
};
