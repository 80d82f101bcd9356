import { expect, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';

const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage };
const START = { type: 'message_start', message };
const call = (input: object) => ({
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'tool_use', id: 'toolu_1', name: 'read', input },
});
const ARGUMENTS = {
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'input_json_delta', partial_json: '{"a":1}' },
};
const STOP = { type: 'content_block_stop', index: 0 };
const end = (stop_reason: string) => ({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage });

/** Whether each event was put right, in order. */
function rewritten(events: readonly object[]): readonly (boolean | undefined)[] {
  const decoder = createStreamDecoder(createDecodeContext());
  return events.map((event) => {
    decoder.push({ event: undefined, data: JSON.stringify(event) });
    return decoder.takeRewritten?.();
  });
}

test('events that every client understands are told as they came', () => {
  const events = [START, { type: 'ping' }, call({}), ARGUMENTS, STOP, end('tool_use'), { type: 'message_stop' }];
  expect(rewritten(events)).toEqual(events.map(() => false));
});

test.each<[string, readonly object[], number]>([
  ['a second start', [START, START], 1],
  ['arguments in the start of a call', [START, call({ a: 1 }), STOP], 1],
  ['a call without arguments', [START, call({}), STOP], 2],
  ['an id that the answer has already', [START, call({}), ARGUMENTS, STOP, { ...call({}), index: 1 }], 4],
  ['an answer without a block', [START, end('end_turn')], 1],
  ['a stop reason against the blocks', [START, call({}), ARGUMENTS, STOP, end('end_turn')], 4],
])('%s is told as put right, once', (_name, events, place) => {
  expect(rewritten(events)).toEqual(events.map((_event, index) => index === place));
});

test.each([
  ['without an id', {}],
  ['with an id of the history', { id: 'toolu_known' }],
  ['with an id that no client takes', { id: 'functions.read:0' }],
])('a whole answer has its call under an id of its own: %s', (_name, id) => {
  const known = { type: 'tool_use' as const, id: 'toolu_known', name: 'read', input: {} };
  const context = createDecodeContext({ messages: [{ role: 'assistant', content: [known] }] });
  const body = {
    ...message,
    content: [{ type: 'tool_use', ...id, name: 'read', input: { a: 1 } }],
    stop_reason: 'tool_use',
  };
  const decoded = decodeResponse(body, context);
  expect(decoded).toMatchObject({
    type: 'decoded',
    isRewritten: true,
    message: { content: [{ id: expect.stringMatching(/^toolu_[a-z2-7]{24}$/) }] },
  });
});

test('a whole answer that every client takes is the very body', () => {
  const body = { ...message, content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn' };
  const decoded = decodeResponse(body, createDecodeContext());
  expect(decoded.type === 'decoded' && decoded.message).toBe(body);
  expect(decoded).not.toHaveProperty('isRewritten');
});
