import { expect, test } from 'vitest';
import { encodeStreamEvent } from '../formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalMessage, CanonicalStreamEvent } from '../formats/canonical.ts';
import { judgeMessageStream, type StreamExpectation } from './message-stream-oracle.ts';

const message: CanonicalMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
};
const start: CanonicalStreamEvent = { type: 'message_start', message };
const stop: CanonicalStreamEvent = { type: 'message_stop' };
const open = (index: number): CanonicalStreamEvent => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'text', text: '' },
});
const openTool = (index: number): CanonicalStreamEvent => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'tool_use', id: 't', name: 'n', input: {} },
});
const text = (index: number): CanonicalStreamEvent => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text: 'a' },
});
const json = (index: number, piece: string): CanonicalStreamEvent => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json: piece },
});
const close = (index: number): CanonicalStreamEvent => ({ type: 'content_block_stop', index });
const end = (reason: 'end_turn' | 'tool_use'): CanonicalStreamEvent => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage: { output_tokens: 2 },
});
const judge = async (events: CanonicalStreamEvent[], expected?: StreamExpectation) =>
  (await judgeMessageStream(Buffer.from(events.map(encodeStreamEvent).join('')), expected)).violations.join('; ');

test('the oracle passes a stream that is right', async () => {
  expect(await judge([start, open(0), text(0), close(0), end('end_turn'), stop])).toBe('');
  const tool = [start, openTool(0), json(0, '{"a":1}'), close(0), end('tool_use'), stop];
  expect(await judge(tool, { toolInputs: [{ a: 1 }] })).toBe('');
});

test.each<[string, CanonicalStreamEvent[], RegExp, StreamExpectation?]>([
  ['two message_start', [start, start, open(0), close(0), end('end_turn'), stop], /2 message_start/],
  ['no message_stop', [start, open(0), close(0), end('end_turn')], /0 message_stop/],
  ['overlapping blocks', [start, open(0), open(1), close(0), close(1), end('end_turn'), stop], /while block 0 is open/],
  ['a gap in the numbers', [start, open(1), close(1), end('end_turn'), stop], /where 0 was due/],
  ['a delta without a block', [start, open(0), close(0), text(0), end('end_turn'), stop], /not open/],
  [
    'a delta of another kind',
    [start, open(0), json(0, '{}'), close(0), end('end_turn'), stop],
    /input_json_delta in a text block/,
  ],
  ['a block left open', [start, open(0), end('end_turn'), stop], /message_delta while block 0 is open/],
  ['no block', [start, end('end_turn'), stop], /no content block/],
  ['tool_use without a call', [start, open(0), close(0), end('tool_use'), stop], /without a tool_use block/],
  [
    'end_turn with a call',
    [start, openTool(0), json(0, '{}'), close(0), end('end_turn'), stop],
    /with a tool_use block/,
  ],
  [
    'an input that does not parse',
    [start, openTool(0), json(0, '{"a":x}'), close(0), end('tool_use'), stop],
    /SDK refuses.*does not parse/,
  ],
  [
    'another input',
    [start, openTool(0), json(0, '{}'), close(0), end('tool_use'), stop],
    /instead of/,
    { toolInputs: [{ a: 1 }] },
  ],
  [
    'another message',
    [start, open(0), text(0), close(0), end('end_turn'), stop],
    /streamed content/,
    { wholeMessage: message },
  ],
  ['an error event', [start, { type: 'error', error: { type: 'api_error', message: 'boom' } }], /SDK refuses.*boom/],
])('the oracle rejects %s', async (_, events, wording, expected) => {
  expect(await judge(events, expected)).toMatch(wording);
});
