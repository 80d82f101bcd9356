import { describe, expect, test } from 'vitest';
import { geminiChunk } from '../../testing/play-gemini-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeResponse } from './decode-response.ts';

const context = createDecodeContext();

describe('a whole answer', () => {
  test('becomes a message with text, calls and usage', () => {
    const body = geminiChunk(
      [{ text: 'Reading.' }, { functionCall: { name: 'read', args: { path: 'a' } } }],
      { finishReason: 'STOP' },
      {
        usageMetadata: {
          promptTokenCount: 100,
          cachedContentTokenCount: 90,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 2,
        },
      },
    );
    const decoded = decodeResponse(body, context);
    expect(decoded).toMatchObject({
      type: 'decoded',
      upstreamStopReason: 'STOP',
      losses: [],
      message: {
        model: 'upstream-model',
        stop_reason: 'tool_use',
        stop_sequence: null,
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: expect.stringMatching(/^toolu_[a-z2-7]{24}$/), name: 'read', input: { path: 'a' } },
        ],
        usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 7 },
      },
    });
    expect(decodeResponse(body, context), 'any replica decodes the same').toEqual(decoded);
  });

  test('without a finish reason is taken, and noted', () => {
    const decoded = decodeResponse(geminiChunk([{ text: 'a' }]), context);
    expect(decoded).toMatchObject({ type: 'decoded', message: { stop_reason: 'end_turn' } });
    expect(decoded.type === 'decoded' && decoded.losses.map((loss) => loss.pointer)).toContain('/stop_reason');
  });

  test('of a model that does not name itself has the name that was asked', () => {
    const decoded = decodeResponse(
      geminiChunk([{ text: 'a' }], { finishReason: 'STOP' }, { modelVersion: undefined }),
      context,
    );
    expect(decoded).toMatchObject({ message: { model: 'target-model' } });
  });
});

test.each([
  ['an error', { error: { code: 503, message: 'busy' } }, { type: 'overloaded_error', message: 'busy' }],
  ['an error as text', { error: 'no backend' }, { type: 'api_error', message: 'no backend' }],
  ['no candidate', { candidates: [], usageMetadata: {} }, { type: 'api_error', status: 502, retryable: true }],
  ['another shape', { hello: 1 }, { type: 'api_error' }],
  ['no object', 'text', { type: 'api_error' }],
  [
    'a call that the model could not write',
    geminiChunk([], { finishReason: 'MALFORMED_FUNCTION_CALL' }),
    { status: 502 },
  ],
])('%s is a failure', (_, body, error) => {
  expect(decodeResponse(body, context)).toMatchObject({ type: 'failed', error });
});
