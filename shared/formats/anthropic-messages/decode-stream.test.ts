import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { createDecodeContext, playStream } from '../../testing/play-stream.ts';
import { createSseParser, encodeSseEvent } from '../../upstream/sse.ts';
import { createStreamDecoder } from './decode-stream.ts';

const start = (more: object = {}) => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    ...more,
  },
});
const call = (input: object, id = 'toolu_1') => ({ type: 'tool_use', id, name: 'read', input });
const blockStart = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const blockStop = (index: number) => ({ type: 'content_block_stop', index });
const end = (stop_reason: string) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage: { output_tokens: 9 },
});
const stop = { type: 'message_stop' };

/** Plays events as a server sends them, and has the oracle judge what a client gets. */
async function deliver(events: readonly object[], toolInputs: readonly unknown[] = []) {
  const bytes = Buffer.from(events.map((event) => encodeSseEvent({ data: JSON.stringify(event) })).join(''));
  const played = playStream(createSseParser(), createStreamDecoder(createDecodeContext()), bytes);
  const { violations } = await judgeMessageStream(played.bytes, { toolInputs });
  const losses = played.decoder.losses().map(({ kind, detail }) => `${kind} ${detail}`);
  return { violations, losses, message: played.decoder.message() };
}

describe('streams of the Messages API that not every client would understand', () => {
  test('a message that is whole at its start is streamed block by block, with its end', async () => {
    const content = [{ type: 'text', text: 'so' }, call({ path: 'a' })];
    const { violations, message } = await deliver([start({ content, stop_reason: 'tool_use' }), stop], [{ path: 'a' }]);
    expect(violations).toEqual([]);
    expect(message).toMatchObject({ content, stop_reason: 'tool_use' });
  });

  test('blocks behind those that came in the start keep counting from them', async () => {
    const events = [
      start({ content: [call({ path: 'a' })] }),
      blockStart(0, { type: 'text', text: '' }),
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'more' } },
      blockStop(0),
      end('tool_use'),
      stop,
    ];
    const { violations, message } = await deliver(events, [{ path: 'a' }]);
    expect(violations).toEqual([]);
    expect(message?.content).toEqual([call({ path: 'a' }), { type: 'text', text: 'more' }]);
  });

  test('a second start is left out, with a loss', async () => {
    const text = [blockStart(0, { type: 'text', text: '' }), blockStop(0)];
    const { violations, losses } = await deliver([start(), start(), ...text, end('end_turn'), stop]);
    expect(violations).toEqual([]);
    expect(losses).toEqual(['repaired second message_start left out']);
  });

  test('arguments that come with the start of a call are streamed, and none at all are an empty object', async () => {
    const events = [
      start(),
      blockStart(0, call({ path: 'a' })),
      blockStop(0),
      blockStart(1, call({}, 'toolu_2')),
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '' } },
      blockStop(1),
      end('tool_use'),
      stop,
    ];
    const { violations, message } = await deliver(events, [{ path: 'a' }, {}]);
    expect(violations).toEqual([]);
    expect(message?.content).toEqual([call({ path: 'a' }), call({}, 'toolu_2')]);
  });

  test('a stop reason that contradicts the blocks is put right, with a loss', async () => {
    const events = [start(), blockStart(0, call({ path: 'a' })), blockStop(0), end('end_turn'), stop];
    const { violations, losses, message } = await deliver(events, [{ path: 'a' }]);
    expect(violations).toEqual([]);
    expect(message?.stop_reason).toBe('tool_use');
    expect(losses).toEqual(['repaired stop reason that contradicts the blocks']);
  });

  test('a summary of what was compacted is kept', async () => {
    const events = [
      start(),
      blockStart(0, { type: 'compaction', content: null }),
      { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'what was said' } },
      blockStop(0),
      end('end_turn'),
      stop,
    ];
    const { violations, message } = await deliver(events);
    expect(violations).toEqual([]);
    expect(message?.content).toEqual([{ type: 'compaction', content: 'what was said' }]);
  });
});
