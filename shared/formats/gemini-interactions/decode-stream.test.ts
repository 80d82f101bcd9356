import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { createDecodeContext, playStream } from '../../testing/play-stream.ts';
import { createSseParser, encodeSseEvent } from '../../upstream/sse.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';

const usage = { total_input_tokens: 10, total_cached_tokens: 4, total_output_tokens: 5, total_thought_tokens: 2 };
const done = (status = 'completed') => ({
  event_type: 'interaction.completed',
  interaction: { object: 'interaction', status, model: 'gemini-test', usage },
});
const created = { event_type: 'interaction.created', interaction: { object: 'interaction', model: 'gemini-test' } };
const start = (index: number, step: object) => ({ event_type: 'step.start', index, step });
const delta = (index: number, piece: object) => ({ event_type: 'step.delta', index, delta: piece });
const stop = (index: number) => ({ event_type: 'step.stop', index });

async function deliver(events: readonly object[], toolInputs: readonly unknown[] = []) {
  const bytes = Buffer.from(events.map((event) => encodeSseEvent({ data: JSON.stringify(event) })).join(''));
  const { decoder, bytes: written } = playStream(createSseParser(), createStreamDecoder(createDecodeContext()), bytes);
  const { violations } = await judgeMessageStream(written, { toolInputs });
  return { violations, decoder, message: decoder.message(), losses: decoder.losses() };
}

describe('a stream of an interaction', () => {
  const events = [
    created,
    start(0, { type: 'thought' }),
    delta(0, { type: 'thought_summary', content: { type: 'text', text: 'hm' } }),
    delta(0, { type: 'thought_signature', signature: 'c2ln' }),
    stop(0),
    start(1, { type: 'model_output' }),
    delta(1, { type: 'text', text: 'I will ' }),
    delta(1, { type: 'text', text: 'look' }),
    stop(1),
    start(2, { type: 'function_call', id: 'call_1', name: 'read', arguments: {} }),
    delta(2, { type: 'arguments_delta', arguments: '{"path":' }),
    delta(2, { type: 'arguments_delta', arguments: '"a"}' }),
    stop(2),
    done('requires_action'),
  ];

  test('is thoughts, text and calls, and the same as the whole', async () => {
    const { violations, message } = await deliver(events, [{ path: 'a' }]);
    expect(violations).toEqual([]);
    const steps = [
      { type: 'thought', signature: 'c2ln', summary: [{ type: 'text', text: 'hm' }] },
      { type: 'model_output', content: [{ type: 'text', text: 'I will look' }] },
      { type: 'function_call', id: 'call_1', name: 'read', arguments: { path: 'a' } },
    ];
    const body = { object: 'interaction', model: 'gemini-test', status: 'requires_action', steps, usage };
    const whole = decodeResponse(body, createDecodeContext());
    expect(whole).toMatchObject({ type: 'decoded', message: { content: message?.content, stop_reason: 'tool_use' } });
    expect(message?.usage).toMatchObject({ input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 7 });
    expect(message?.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use']);
  });

  test('has what Google itself ran in the ledger', async () => {
    const search = [start(0, { type: 'google_search_call', id: 's' }), stop(0)];
    const image = [start(1, { type: 'model_output' }), delta(1, { type: 'image', data: 'aGk=' }), stop(1)];
    const { violations, losses } = await deliver([created, ...search, ...image, done()]);
    expect(violations).toEqual([]);
    expect(losses.map(({ detail }) => detail)).toEqual([
      'step or part that the Messages API has not: google_search_call',
      'step or part that the Messages API has not: image',
    ]);
  });

  test.each([
    events.slice(0, -1),
    [created, { event_type: 'error', error: { code: 503, message: 'overloaded' } }],
    [created, done('failed')],
  ])('that breaks off or fails is an error, never an answer (%#)', async (...broken) => {
    const { decoder } = await deliver(broken as readonly object[]);
    expect(decoder.failure()).not.toBeNull();
    expect(decoder.isComplete()).toBe(false);
  });
});
