import { expect, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { createMessageId } from '../tool-id.ts';
import { decodeResponse } from './decode-response.ts';

const context = createDecodeContext();
const answer = (message: object, finish: string | null = 'stop', more: object = {}) =>
  decodeResponse(
    {
      model: 'm',
      choices: [{ index: 0, message, finish_reason: finish }],
      usage: { prompt_tokens: 9, completion_tokens: 3 },
      ...more,
    },
    context,
  );

test('a whole completion becomes a message, reasoning first', () => {
  const calls = [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{"a":1}' } }];
  expect(answer({ content: 'a', reasoning_content: 'hm', tool_calls: calls }, 'tool_calls')).toEqual({
    type: 'decoded',
    message: {
      id: createMessageId(context.callId),
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'a' },
        { type: 'tool_use', id: 'c', name: 'read', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    },
    losses: [],
    upstreamStopReason: 'tool_calls',
  });
});

test('calls that share an id, or have none, stay apart', () => {
  const entry = (id: string | undefined, n: number) => ({
    id,
    type: 'function',
    function: { name: 'read', arguments: `{"n":${n}}` },
  });
  const decoded = answer({
    content: null,
    tool_calls: [entry('x', 1), entry('x', 2), entry(undefined, 3), entry(undefined, 4)],
  });
  if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
  expect(decoded.message.content.map((block) => 'input' in block && block.input)).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
    { n: 4 },
  ]);
  expect(new Set(decoded.message.content.map((block) => 'id' in block && block.id)).size).toBe(4);
});

test('an answer without a finish reason is an answer, and noted', () => {
  const decoded = answer({ content: 'a' }, null);
  expect(decoded).toMatchObject({ type: 'decoded', message: { stop_reason: 'end_turn' }, upstreamStopReason: null });
  expect(decoded.type === 'decoded' && decoded.losses.map((loss) => loss.pointer)).toEqual(['/stop_reason']);
});

test.each<[string, unknown, object]>([
  [
    'an error with status 200',
    { error: { message: 'Provider returned error', code: 429 } },
    { type: 'rate_limit_error', message: 'Provider returned error' },
  ],
  ['an error as text', { error: 'no backend' }, { type: 'api_error', message: 'no backend' }],
  ['no choice', { model: 'm', choices: [] }, { type: 'api_error', retryable: true }],
  ['another shape', { hello: 1 }, { type: 'api_error' }],
  ['no object', 'text', { type: 'api_error' }],
  [
    'an interrupted answer',
    { choices: [{ message: { content: 'a' }, finish_reason: 'error' }] },
    { type: 'api_error', status: 502 },
  ],
])('%s is a failure', (_, body, error) => {
  expect(decodeResponse(body, context)).toMatchObject({ type: 'failed', error });
});
