import type { ReplyScript, Said } from '../reply-script.ts';
import { callId, cut, json, type ReplyWire, typeOf } from './reply-wire.ts';

const responsesItem = (one: Said, index: number, callIndex: number): object => {
  if (one.type === 'text') {
    return {
      id: `msg_${index}`,
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: one.text }],
    };
  }
  if (one.type === 'thinking') {
    return { id: `rs_${index}`, type: 'reasoning', summary: [{ type: 'summary_text', text: one.text }] };
  }
  const { name } = one;
  return { id: `fc_${index}`, type: 'function_call', call_id: callId(callIndex), name, arguments: json(one.input) };
};

const responsesItems = ({ said }: ReplyScript) => {
  let callIndex = 0;
  return said.map((one, index) => responsesItem(one, index, one.type === 'call' ? callIndex++ : 0));
};

const responsesEnd = (script: ReplyScript) => ({
  object: 'response',
  model: 'wire-model',
  status: script.stop === 'limit' ? 'incomplete' : 'completed',
  incomplete_details: script.stop === 'limit' ? { reason: 'max_output_tokens' } : null,
  output: responsesItems(script),
  usage: { input_tokens: 9, output_tokens: 5, total_tokens: 14 },
});

const responsesPieces = (script: ReplyScript, one: Said, output_index: number): readonly object[] => {
  if (one.type === 'call') {
    const pieces = cut(script, json(one.input));
    return pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', output_index, delta }));
  }
  if (one.type === 'thinking') {
    const type = 'response.reasoning_summary_text.delta';
    return cut(script, one.text).map((delta) => ({ type, output_index, summary_index: 0, delta }));
  }
  return cut(script, one.text).map((delta) => ({
    type: 'response.output_text.delta',
    output_index,
    content_index: 0,
    delta,
  }));
};

/** OpenAI's Responses. */
export const responsesWire: ReplyWire = {
  nameOf: typeOf,
  events: (script) => {
    const items = responsesItems(script);
    return [
      { type: 'response.created', response: { object: 'response', model: 'wire-model', output: [] } },
      ...script.said.flatMap((one, index) => {
        const started =
          one.type === 'call' ? { ...items[index], arguments: '' } : { ...items[index], content: [], summary: [] };
        return [
          { type: 'response.output_item.added', output_index: index, item: started },
          ...responsesPieces(script, one, index),
          { type: 'response.output_item.done', output_index: index, item: items[index] },
        ];
      }),
      { type: script.stop === 'limit' ? 'response.incomplete' : 'response.completed', response: responsesEnd(script) },
    ];
  },
  body: responsesEnd,
};
