import { expect, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
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
  ['a stop reason against the blocks', [START, call({}), ARGUMENTS, STOP, end('end_turn')], 4],
])('%s is told as put right, once', (_name, events, place) => {
  expect(rewritten(events)).toEqual(events.map((_event, index) => index === place));
});
