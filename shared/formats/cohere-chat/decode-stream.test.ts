import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { createDecodeContext, playStream } from '../../testing/play-stream.ts';
import { createSseParser, encodeSseEvent } from '../../upstream/sse.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';

const usage = { billed_units: { input_tokens: 2 }, tokens: { input_tokens: 9, output_tokens: 5 }, cached_tokens: 4 };
const event = (type: string, message: object, index?: number) => ({ type, index, delta: { message } });
const start = event('message-start', { role: 'assistant', content: [] });
const end = (finish_reason: string) => ({ type: 'message-end', delta: { finish_reason, usage } });
const call = (type: string, index: number, called: object, id?: string) =>
  event(type, { tool_calls: { id, type: 'function', function: called } }, index);

async function deliver(events: readonly object[], toolInputs: readonly unknown[] = []) {
  const bytes = Buffer.from(events.map((one) => encodeSseEvent({ data: JSON.stringify(one) })).join(''));
  const { decoder, bytes: written } = playStream(createSseParser(), createStreamDecoder(createDecodeContext()), bytes);
  const { violations } = await judgeMessageStream(written, { toolInputs });
  return { violations, decoder, message: decoder.message(), losses: decoder.losses() };
}

describe("a stream of Cohere's own chat API", () => {
  const events = [
    start,
    event('content-start', { content: { type: 'thinking', thinking: '' } }, 0),
    event('content-delta', { content: { thinking: 'hm' } }, 0),
    { type: 'content-end', index: 0 },
    event('tool-plan-delta', { tool_plan: 'I will read.' }),
    call('tool-call-start', 0, { name: 'read', arguments: '' }, 'read_1'),
    call('tool-call-delta', 0, { arguments: '{"path":"a"}' }),
    { type: 'tool-call-end', index: 0 },
    end('TOOL_CALL'),
  ];

  test('is reasoning, text and calls, and the same as the whole', async () => {
    const { violations, message } = await deliver(events, [{ path: 'a' }]);
    expect(violations).toEqual([]);
    const whole = decodeResponse(
      {
        message: {
          role: 'assistant',
          content: [{ type: 'thinking', thinking: 'hm' }],
          tool_plan: 'I will read.',
          tool_calls: [{ id: 'read_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } }],
        },
        finish_reason: 'TOOL_CALL',
        usage,
      },
      createDecodeContext(),
    );
    expect(whole.type === 'decoded' && whole.message.usage).toEqual(message?.usage);
    expect(whole).toMatchObject({ type: 'decoded', message: { stop_reason: 'tool_use' } });
    expect(message?.usage).toMatchObject({ input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 5 });
    expect(message?.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use']);
  });

  test('has its citations in the ledger', async () => {
    const text = event('content-start', { content: { type: 'text', text: 'so' } }, 0);
    const citation = event('citation-start', { citations: { start: 0, end: 2 } }, 0);
    const { violations, losses } = await deliver([start, text, citation, end('COMPLETE')]);
    expect(violations).toEqual([]);
    expect(losses.map(({ detail }) => detail)).toEqual(['citations of the text']);
  });

  test.each([
    ['MAX_TOKENS', 'max_tokens'],
    ['COMPLETE', 'end_turn'],
    ['STOP_SEQUENCE', 'end_turn'],
    ['ERROR_TOXIC', 'refusal'],
  ])('that ends with %s stops for %s', async (reason, stopReason) => {
    const { message } = await deliver([start, event('content-delta', { content: { text: 'a' } }), end(reason)]);
    expect(message?.stop_reason).toBe(stopReason);
  });

  test.each([[events.slice(0, -1)], [[start, end('ERROR')]], [[start, { error: { message: 'no' } }]]])(
    'that breaks off or fails is an error, never an answer (%#)',
    async (broken) => {
      const { decoder } = await deliver(broken);
      expect(decoder.failure()).not.toBeNull();
      expect(decoder.isComplete()).toBe(false);
    },
  );
});
