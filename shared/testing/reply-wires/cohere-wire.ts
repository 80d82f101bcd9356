import type { ReplyScript } from '../reply-script.ts';
import { callId, calls, cut, json, type ReplyWire, textOf, typeOf } from './reply-wire.ts';

const COHERE_USAGE = { tokens: { input_tokens: 9, output_tokens: 5 } };
const cohereFinish = (script: ReplyScript) =>
  script.stop === 'limit' ? 'MAX_TOKENS' : calls(script).length > 0 ? 'TOOL_CALL' : 'COMPLETE';
const cohereEvent = (type: string, message: object, index = 0) => ({ type, index, delta: { message } });
const cohereCall = (called: object, id?: string) => ({ tool_calls: { id, type: 'function', function: called } });

/** Cohere's own chat API. */
export const cohereWire: ReplyWire = {
  nameOf: typeOf,
  events: (script) => [
    cohereEvent('message-start', { role: 'assistant' }),
    ...cut(script, textOf(script, 'thinking')).map((thinking) =>
      cohereEvent('content-delta', { content: { thinking } }),
    ),
    ...cut(script, textOf(script, 'text')).map((text) => cohereEvent('content-delta', { content: { text } })),
    ...calls(script).flatMap(({ name, input }, index) => [
      cohereEvent('tool-call-start', cohereCall({ name, arguments: '' }, callId(index)), index),
      ...cut(script, json(input)).map((piece) =>
        cohereEvent('tool-call-delta', cohereCall({ arguments: piece }), index),
      ),
      { type: 'tool-call-end', index },
    ]),
    { type: 'message-end', delta: { finish_reason: cohereFinish(script), usage: COHERE_USAGE } },
  ],
  body: (script) => ({
    message: {
      role: 'assistant',
      content: script.said.flatMap((one): readonly object[] => {
        if (one.type === 'text') return [{ type: 'text', text: one.text }];
        return one.type === 'thinking' ? [{ type: 'thinking', thinking: one.text }] : [];
      }),
      tool_calls: calls(script).map(({ name, input }, index) => ({
        id: callId(index),
        type: 'function',
        function: { name, arguments: json(input) },
      })),
    },
    finish_reason: cohereFinish(script),
    usage: COHERE_USAGE,
  }),
};
