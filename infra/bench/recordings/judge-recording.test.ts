import { describe, expect, test } from 'vitest';
import { judgeRecording } from './judge-recording.ts';
import type { Recording } from './read-recordings.ts';

const stream = (...events: readonly object[]): Recording => ({
  name: 'test',
  kind: 'stream',
  lines: events.map((event) => JSON.stringify(event)),
});
const whole = (body: unknown): Recording => ({ name: 'test', kind: 'whole', lines: [JSON.stringify(body)] });
const chunk = (delta: object, finish: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

describe('a recording is judged by what arrives', () => {
  test('a whole chat stream has no faults', async () => {
    const verdict = await judgeRecording(stream(chunk({ content: 'hello' }), chunk({}, 'stop')));
    expect(verdict).toEqual({ name: 'test', shape: 'openai-chat', faults: [] });
  });

  test('an unknown shape is told, whole or streamed', async () => {
    const body = { picture: 'abc', size: 3 };
    expect((await judgeRecording(whole(body))).faults).toEqual(['unknown shape: picture, size']);
    expect((await judgeRecording(stream(body))).faults[0]).toContain('unknown shape');
    expect((await judgeRecording({ name: 'test', kind: 'whole', lines: ['not json'] })).faults).toEqual([
      'no JSON object',
    ]);
  });

  test('a stream without its end is held to be an error, and one with an error too', async () => {
    expect((await judgeRecording(stream(chunk({ content: 'half' })))).faults).toEqual([]);
    const failed = stream(
      { type: 'response.created', response: { object: 'response', output: [] } },
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'no more' } },
    );
    expect((await judgeRecording(failed)).faults).toEqual([]);
  });

  test('several replies in one recording are played one by one', async () => {
    const reply = (id: string, text: string) => [
      {
        type: 'message_start',
        message: {
          id,
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 1, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ];
    const verdict = await judgeRecording(stream(...reply('one', 'first'), ...reply('two', 'second')));
    expect(verdict).toEqual({ name: 'test', shape: 'anthropic-messages', faults: [] });
  });

  test('the wording of an error body is looked for', async () => {
    const verdict = await judgeRecording(
      whole({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'slow' } }),
    );
    expect(verdict).toEqual({ name: 'test', shape: 'error', faults: [] });
  });
});
