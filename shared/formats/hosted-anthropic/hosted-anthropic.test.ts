import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { encodeEventStreamMessage } from '../../upstream/event-stream.ts';
import { createEventStreamParser } from '../../upstream/event-stream-parser.ts';
import { encodeSseEvent, type SseEvent } from '../../upstream/sse.ts';
import { createStreamDecoder } from '../anthropic-messages/decode-stream.ts';
import { encodeRequest } from '../anthropic-messages/encode-request.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { readBetas } from './host-request.ts';
import { createInvokeModelReader, toInvokeModel } from './invoke-model.ts';
import { toRawPredict } from './raw-predict.ts';

const cached = { cache_control: { type: 'ephemeral', ttl: '1h' } };
/** What must arrive as it left: thinking with its signature, breakpoints, and fields nobody here knows. */
const forwarded = {
  system: [{ type: 'text', text: 'S', ...cached }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'q', ...cached }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'c2VjcmV0' },
        { type: 'tool_use', id: 't1', name: 'read', input: {} },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
  ],
  tools: [{ name: 'read', input_schema: { type: 'object' }, ...cached }],
  max_tokens: 4_096,
  thinking: { type: 'enabled', budget_tokens: 2_000 },
  metadata: { user_id: 'u' },
  brand_new_field: { a: 1 },
};

function encodeFor(model: string, more: Record<string, unknown> = {}) {
  const body = { model: 'claude-test', ...forwarded, ...more } as unknown as CanonicalBody;
  return encodeRequest({ body, extras: {} }, createEncodeTarget({ model }));
}

describe('requests to hosts of Anthropic’s models', () => {
  test('InvokeModel gets the body with its version, without model and stream, and all else intact', () => {
    const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
    const whole = toInvokeModel(encodeFor(model));
    expect(whole.body).toEqual({ anthropic_version: 'bedrock-2023-05-31', ...forwarded });
    expect(whole.path).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke');
    expect(whole.losses).toEqual([]);
    const streamed = toInvokeModel(encodeFor(model, { stream: true }));
    expect(streamed.body).toEqual(whole.body);
    expect(streamed.path).toMatch(/\/invoke-with-response-stream$/);
  });

  test('rawPredict keeps stream in the body and says it in the path', () => {
    const model = 'claude-sonnet-4-5@20250929';
    const whole = toRawPredict(encodeFor(model));
    expect(whole.body).toEqual({ anthropic_version: 'vertex-2023-10-16', ...forwarded });
    expect(whole.path).toBe('/models/claude-sonnet-4-5@20250929:rawPredict');
    const streamed = toRawPredict(encodeFor(model, { stream: true }));
    expect(streamed.body).toMatchObject({ stream: true });
    expect(streamed.path).toMatch(/:streamRawPredict$/);
  });

  test('beta flags go where the host wants them, and those that it does not know are lost', () => {
    const betas = readBetas('interleaved-thinking-2025-05-14, brand-new-2026-01-01,');
    const invoke = toInvokeModel(encodeFor('m'), betas);
    expect(invoke.body).toMatchObject({ anthropic_beta: ['interleaved-thinking-2025-05-14'] });
    expect(invoke.losses).toMatchObject([{ kind: 'dropped', pointer: '/anthropic-beta' }]);
    const raw = toRawPredict(encodeFor('m'), betas);
    expect(raw.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14');
    expect(raw.body).not.toHaveProperty('anthropic_beta');
    expect(toInvokeModel(encodeFor('m')).body).not.toHaveProperty('anthropic_beta');
  });

  test('fields that a host refuses are lost, and context management needs its flag', () => {
    const more = { service_tier: 'auto', context_management: { edits: [] } };
    for (const host of [toInvokeModel, toRawPredict]) {
      const without = host(encodeFor('m', more));
      expect(without.body).not.toHaveProperty('context_management');
      expect(without.losses.map((loss) => loss.pointer)).toEqual(['/service_tier', '/context_management']);
      const flagged = host(encodeFor('m', more), ['context-management-2025-06-27']);
      expect(flagged.body).toHaveProperty('context_management');
    }
  });
});

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [] };
const usage = { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 };
const events: readonly object[] = [
  { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'grübelt 🤔' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln+/==' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Zwölf' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } },
];

const frame = (name: string, payload: object, kind: 'event' | 'exception' = 'event') =>
  encodeEventStreamMessage(
    { [`:${kind}-type`]: name, ':content-type': 'application/json', ':message-type': kind },
    Buffer.from(JSON.stringify(payload)),
  );
const chunk = (text: string) => frame('chunk', { bytes: Buffer.from(text).toString('base64'), p: 'abcd' });

function unwrap(bytes: Uint8Array, cuts: readonly number[] = []): readonly SseEvent[] {
  const parser = createEventStreamParser(createInvokeModelReader({ nowSeconds: 0 }));
  const offsets = [0, ...[...cuts].sort((one, other) => one - other), bytes.length];
  return offsets.flatMap((end, index) => (index === 0 ? [] : parser.push(bytes.subarray(offsets[index - 1], end))));
}

describe('streams of InvokeModel', () => {
  test('are the original events, byte for byte, and pass the oracle', async () => {
    // Spaces and escapes as a server may write them: nothing is parsed and written anew.
    const texts = events.map((event) => JSON.stringify(event).replace('{', '{ ').replace('ü', '\\u00fc'));
    const unwrapped = unwrap(Buffer.concat(texts.map(chunk)));
    expect(unwrapped.map((event) => event.data)).toEqual(texts);
    const verdict = await judgeMessageStream(Buffer.from(unwrapped.map(encodeSseEvent).join('')));
    expect(verdict.violations).toEqual([]);
    expect(verdict.message?.content[0]).toEqual({ type: 'thinking', thinking: 'grübelt 🤔', signature: 'c2ln+/==' });
  });

  test('do not depend on where their bytes are cut', () => {
    const bytes = Buffer.concat(events.map((event) => chunk(JSON.stringify(event))));
    const whole = unwrap(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (cuts) => {
        expect(unwrap(bytes, cuts)).toEqual(whole);
      }),
    );
  });

  test.each([
    ['throttlingException', 'Slow down.', 'rate_limit_error'],
    ['modelStreamErrorException', 'Broke.', 'api_error'],
    ['validationException', 'Input is too long for requested model.', 'invalid_request_error'],
  ])('tell %s as an error event in Anthropic’s shape', (name, said, type) => {
    const [event] = unwrap(frame(name, { message: said }, 'exception'));
    expect(event?.event).toBe('error');
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ type: 'error', error: { type } });
    const decoder = createStreamDecoder(createDecodeContext());
    if (event !== undefined) decoder.push(event);
    expect(decoder.failure()).not.toBeNull();
    expect(decoder.isComplete()).toBe(false);
  });

  test.each([[{}], [{ bytes: 'bm90IGpzb24=' }], [{ bytes: 7 }]])(
    'with a chunk that holds no event fail: %j',
    (payload) => {
      expect(unwrap(frame('chunk', payload))).toMatchObject([{ event: 'error' }]);
    },
  );

  test('pass over messages of kinds that are not known', () => {
    expect(unwrap(frame('initial-response', {}))).toEqual([]);
  });
});
