import type { ReplyScript, Said } from '../reply-script.ts';
import { converseStop } from './converse-wire.ts';
import { cut, json, type ReplyWire, typeOf } from './reply-wire.ts';

const anthropicBlock = (one: Said, index: number): object => {
  if (one.type === 'call') return { type: 'tool_use', id: `toolu_${index}`, name: one.name, input: one.input };
  return one.type === 'text'
    ? { type: 'text', text: one.text }
    : { type: 'thinking', thinking: one.text, signature: 'c2ln' };
};
const anthropicMessage = (content: readonly object[], stop_reason: string | null, output_tokens: number) => ({
  id: 'msg_wire',
  type: 'message',
  role: 'assistant',
  model: 'wire-model',
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens },
});

const anthropicEvents = (script: ReplyScript, one: Said, index: number): readonly object[] => {
  const block = anthropicBlock(one, index);
  const deltas = (given: readonly object[]) => given.map((delta) => ({ type: 'content_block_delta', index, delta }));
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const stop = { type: 'content_block_stop', index };
  if (one.type === 'call') {
    const pieces = cut(script, json(one.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    return [start({ ...block, input: {} }), ...deltas(pieces), stop];
  }
  if (one.type === 'text') {
    const pieces = cut(script, one.text).map((text) => ({ type: 'text_delta', text }));
    return [start({ type: 'text', text: '' }), ...deltas(pieces), stop];
  }
  const pieces = cut(script, one.text).map((thinking) => ({ type: 'thinking_delta', thinking }));
  const signature = { type: 'signature_delta', signature: 'c2ln' };
  return [start({ type: 'thinking', thinking: '', signature: '' }), ...deltas([...pieces, signature]), stop];
};

/** Anthropic's Messages API. */
export const anthropicWire: ReplyWire = {
  nameOf: typeOf,
  events: (script) => [
    { type: 'message_start', message: anthropicMessage([], null, 1) },
    ...script.said.flatMap((one, index) => anthropicEvents(script, one, index)),
    {
      type: 'message_delta',
      delta: { stop_reason: converseStop(script), stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  ],
  body: (script) => anthropicMessage(script.said.map(anthropicBlock), converseStop(script), 5),
};
