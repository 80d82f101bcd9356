import { describe, expect, test } from 'vitest';
import {
  args,
  breakOff,
  context,
  deliver,
  delta,
  exception,
  finish,
  metadata,
  reasoning,
  start,
  stop,
  text,
  tool,
  types,
} from '../../testing/converse-script.ts';
import { encodeConverseStream, playConverseStream } from '../../testing/play-converse-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import { createStreamDecoder } from './decode-stream.ts';

describe('text and reasoning', () => {
  test('reasoning with its signature, then text, each piece as it comes', async () => {
    const { message, events, losses } = await deliver([
      start,
      reasoning(0, { text: 'Let me ' }),
      reasoning(0, { text: 'see.' }),
      reasoning(0, { signature: 'c2ln' }),
      stop(0),
      text(1, 'First'),
      text(1, ' answer'),
      stop(1),
      finish('end_turn'),
      metadata(),
    ]);
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: 'c2ln' },
      { type: 'text', text: 'First answer' },
    ]);
    expect(events.filter((event) => event.type === 'content_block_delta')).toHaveLength(5);
    expect(message).toMatchObject({ stop_reason: 'end_turn', model: 'us.anthropic.claude-test-v1:0' });
    expect(losses).toEqual([]);
  });

  test('a signature in pieces is one, and one without text still has its block', async () => {
    const { message } = await deliver([
      start,
      reasoning(0, { signature: 'YWJj' }),
      reasoning(0, { signature: 'ZGVm' }),
      stop(0),
      text(1, 'a'),
      stop(1),
      finish('end_turn'),
      metadata(),
    ]);
    expect(message.content[0]).toEqual({ type: 'thinking', thinking: '', signature: 'YWJjZGVm' });
  });

  test('redacted reasoning keeps its data, and several blobs are joined as bytes', async () => {
    const one = await deliver([
      start,
      reasoning(0, { redactedContent: 'c2VjcmV0' }),
      stop(0),
      text(1, 'a'),
      finish('end_turn'),
      metadata(),
    ]);
    expect(one.message.content[0]).toEqual({ type: 'redacted_thinking', data: 'c2VjcmV0' });
    const two = await deliver([
      start,
      reasoning(0, { redactedContent: 'YQ==' }),
      reasoning(0, { redactedContent: 'Yg==' }),
      stop(0),
      text(1, 'a'),
      finish('end_turn'),
      metadata(),
    ]);
    expect(two.message.content[0]).toEqual({ type: 'redacted_thinking', data: Buffer.from('ab').toString('base64') });
  });

  test('the signature of a model that is not Anthropic’s is marked as such, and goes back unmarked', async () => {
    const model = 'us.amazon.nova-2-lite-v1:0';
    const { message } = await deliver(
      [
        start,
        reasoning(0, { text: 'hm' }),
        reasoning(0, { signature: 'c2ln' }),
        stop(0),
        text(1, 'a'),
        finish('end_turn'),
      ],
      {},
      undefined,
      model,
    );
    const thinking = message.content[0];
    expect(thinking).toEqual({ type: 'thinking', thinking: 'hm', signature: 'bedrock:c2ln' });
  });

  test('blocks without start and stop events, as of models without tools, are told apart by their index', async () => {
    const { message } = await deliver([text(0, 'a'), text(1, 'b'), finish('end_turn'), metadata()]);
    expect(message.content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
  });

  test('an answer without content is one empty text block', async () => {
    const { message } = await deliver([start, finish('end_turn'), metadata()]);
    expect(message.content).toEqual([{ type: 'text', text: '' }]);
  });

  test('blank text before a call makes no block, and says so', async () => {
    const { message, losses } = await deliver([
      start,
      text(0, '\n\n'),
      stop(0),
      tool(1, 't1', 'now'),
      stop(1),
      finish('tool_use'),
      metadata(),
    ]);
    expect(types(message)).toEqual(['tool_use']);
    expect(losses).toEqual(['dropped blank text between blocks']);
  });

  test('reasoning cut off by the output limit is not repeated as text', async () => {
    const { message } = await deliver([start, reasoning(0, { text: 'hm' }), stop(0), finish('max_tokens'), metadata()]);
    expect(types(message)).toEqual(['thinking']);
    expect(message.stop_reason).toBe('max_tokens');
  });

  test('citations leave their text behind', async () => {
    const { message, losses } = await deliver([
      start,
      text(0, 'cited'),
      delta(0, { citation: { title: 'x' } }),
      finish('end_turn'),
      metadata(),
    ]);
    expect(message.content).toEqual([{ type: 'text', text: 'cited' }]);
    expect(losses).toEqual(['dropped citations of the text']);
  });
});

describe('tool calls', () => {
  test('parallel calls keep their arguments, which stream progressively', async () => {
    const inputs = [{ path: 'a' }, { path: 'b' }];
    const { message, events } = await deliver(
      [
        start,
        text(0, 'Reading.'),
        stop(0),
        tool(1, 'tooluse_1', 'read'),
        args(1, ''),
        args(1, '{"pa'),
        args(1, 'th":"a"}'),
        stop(1),
        tool(2, 'tooluse_2', 'read'),
        args(2, '{"path":'),
        args(2, '"b"}'),
        stop(2),
        finish('tool_use'),
        metadata(),
      ],
      {},
      inputs,
    );
    expect(types(message)).toEqual(['text', 'tool_use', 'tool_use']);
    expect(message.content[1]).toMatchObject({ id: 'tooluse_1', name: 'read', input: inputs[0] });
    const shards = events.filter(
      (event) => event.type === 'content_block_delta' && event.delta.type === 'input_json_delta',
    );
    expect(shards).toHaveLength(4);
    expect(message.stop_reason).toBe('tool_use');
  });

  test('calls whose pieces are interleaved come out one after the other', async () => {
    const { message } = await deliver(
      [
        start,
        tool(0, 'a', 'read'),
        tool(1, 'b', 'write'),
        args(1, '{"x":'),
        args(0, '{"y":1}'),
        stop(0),
        args(1, '2}'),
        stop(1),
        finish('tool_use'),
        metadata(),
      ],
      {},
      [{ y: 1 }, { x: 2 }],
    );
    expect(message.content).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });

  test('a call without arguments streams as {}', async () => {
    const { events } = await deliver([start, tool(0, 't1', 'now'), stop(0), finish('tool_use'), metadata()], {}, [{}]);
    expect(events.some((event) => event.type === 'content_block_delta')).toBe(true);
  });

  test.each(['end_turn', 'stop_sequence', 'tool_use'])('a call makes the reason tool_use, said %s', async (reason) => {
    const { message } = await deliver([
      start,
      tool(0, 't1', 'now'),
      args(0, '{}'),
      stop(0),
      finish(reason),
      metadata(),
    ]);
    expect(message.stop_reason).toBe('tool_use');
  });

  test('the reason tool_use without a call becomes end_turn', async () => {
    const { message } = await deliver([start, text(0, 'a'), stop(0), finish('tool_use'), metadata()]);
    expect(message.stop_reason).toBe('end_turn');
  });

  test('an id that the conversation has seen, or that was sent twice, is replaced by a new one', async () => {
    const messages: CanonicalBody['messages'] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'seen', name: 'now', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'seen', content: 'x' }] },
    ];
    const { message, losses } = await deliver(
      [
        start,
        tool(0, 'seen', 'now'),
        stop(0),
        tool(1, 'twice', 'now'),
        stop(1),
        tool(2, 'twice', 'now'),
        stop(2),
        finish('tool_use'),
        metadata(),
      ],
      { messages },
      [{}, {}, {}],
    );
    const { callId } = createDecodeContext();
    expect(message.content).toMatchObject([
      { id: createToolUseId(callId, 0) },
      { id: 'twice' },
      { id: createToolUseId(callId, 2) },
    ]);
    expect(losses).toEqual(['renamed tool call id repeated or not usable']);
  });

  test('a shortened name is restored', async () => {
    const name = `mcp__${'server'.repeat(12)}__tool`;
    const { message } = await deliver(
      [start, tool(0, 't1', encodeToolName(name)), stop(0), finish('tool_use'), metadata()],
      { tools: [{ name, input_schema: { type: 'object' } }] },
    );
    expect(message.content[0]).toMatchObject({ name });
  });

  test('arguments cut off by the output limit are delivered as they are, with the reason max_tokens', async () => {
    const { message } = await deliver(
      [start, tool(0, 't1', 'write'), args(0, '{"text":"lo'), stop(0), finish('max_tokens'), metadata()],
      {},
      ['{"text":"lo'],
    );
    expect(message.stop_reason).toBe('max_tokens');
  });

  test('a call whose arguments are not whole is not closed before the model has stopped', () => {
    const { bytes } = breakOff([start, tool(0, 't1', 'write'), args(0, '{"text":"lo'), stop(0)]);
    expect(bytes).not.toMatch(/content_block_stop/);
  });
});

describe('stop reasons and usage', () => {
  test.each([
    ['end_turn', 'end_turn'],
    ['max_tokens', 'max_tokens'],
    ['stop_sequence', 'stop_sequence'],
    ['guardrail_intervened', 'refusal'],
    ['content_filtered', 'refusal'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
  ])('%s is delivered as %s', async (said, expected) => {
    const { message, decoder } = await deliver([start, text(0, 'a'), stop(0), finish(said), metadata()]);
    expect(message.stop_reason).toBe(expected);
    expect(decoder.upstreamStopReason()).toBe(said);
  });

  test('a reason that is not known is end_turn, with a loss', async () => {
    const { message, losses } = await deliver([start, text(0, 'a'), finish('brand_new'), metadata()]);
    expect(message.stop_reason).toBe('end_turn');
    expect(losses).toEqual(['approximated stop reason of a kind that is not known']);
  });

  test.each(['malformed_model_output', 'malformed_tool_use'])('%s is a failure, not an answer', (reason) => {
    const { failure } = breakOff([start, tool(0, 't1', 'x'), args(0, '{"a'), stop(0), finish(reason), metadata()]);
    expect(failure).toMatchObject({ type: 'api_error', retryable: true, message: expect.stringContaining(reason) });
  });

  test.each([
    ['as the model says it', { additionalModelResponseFields: { delta: { stop_sequence: 'B' } } }, ['A', 'B'], 'B'],
    ['in a whole answer', { additionalModelResponseFields: { stop_sequence: 'B' } }, ['A', 'B'], 'B'],
    ['as the only one given', {}, ['A'], 'A'],
    ['not at all when it cannot be known', {}, ['A', 'B'], null],
  ])('the stop sequence is told %s', async (_, more, stop_sequences, expected) => {
    const events = [start, text(0, 'a'), stop(0), finish('stop_sequence', more), metadata()];
    const { message } = await deliver(events, { stop_sequences });
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: expected });
  });

  test('input tokens exclude what the cache read and wrote, as Bedrock counts them', async () => {
    const { message } = await deliver([
      start,
      text(0, 'a'),
      finish('end_turn'),
      metadata({ cacheReadInputTokens: 900, cacheWriteInputTokens: 50 }),
    ]);
    expect(message.usage).toEqual({
      input_tokens: 100,
      cache_read_input_tokens: 900,
      cache_creation_input_tokens: 50,
      output_tokens: 7,
    });
  });

  test('usage that comes before the stop counts too', async () => {
    const { message } = await deliver([start, text(0, 'a'), metadata(), finish('end_turn')]);
    expect(message.usage.input_tokens).toBe(100);
  });

  test('without usage, lengths and the estimate stand in, with a loss', () => {
    const bytes = encodeConverseStream([start, text(0, 'abcdefgh'), finish('end_turn')]);
    const { decoder } = playConverseStream(bytes, { ...context(), inputTokensEstimate: 42 });
    expect(decoder.message()?.usage).toMatchObject({ input_tokens: 42, output_tokens: 2 });
    expect(decoder.losses()).toMatchObject([{ kind: 'approximated', pointer: '/usage' }]);
  });
});

describe('failures inside the stream', () => {
  test.each([
    ['throttlingException', 'Too many tokens, please wait before trying again.', 'rate_limit_error', 429],
    ['serviceUnavailableException', 'Try later.', 'overloaded_error', 529],
    ['internalServerException', 'Oops.', 'api_error', 500],
    ['modelTimeoutException', 'Too slow.', 'timeout_error', 408],
  ])('%s ends it with an error of its kind', (name, message, type, status) => {
    const { failure, bytes } = breakOff([start, text(0, 'half'), exception(name, message)]);
    expect(failure).toMatchObject({ type, status, message, retryable: true });
    expect(bytes).toContain(message);
  });

  test('an exception as the very first message is the only event', () => {
    const { bytes } = breakOff([exception('throttlingException', 'slow down')]);
    expect(bytes).not.toMatch(/message_start/);
  });

  test('the model’s own words about a stream that failed are kept', () => {
    const { failure } = breakOff([
      start,
      exception('modelStreamErrorException', 'The model failed.', { originalStatusCode: 500, originalMessage: 'OOM' }),
    ]);
    expect(failure).toMatchObject({ message: 'The model failed. OOM', status: 502 });
  });

  test('an overflow told in the stream has the words that clients compact on', () => {
    const { failure } = breakOff([exception('validationException', 'Input is too long for requested model.')]);
    expect(failure.message).toMatch(/^prompt is too long/);
  });

  test('after an error nothing more is said', () => {
    const { bytes } = breakOff([start, exception('throttlingException', 'x'), text(0, 'late'), finish('end_turn')]);
    expect(bytes).not.toContain('late');
  });

  test('a stream that is cut anywhere before its stop ends in an error, and behind it does not', () => {
    const events = [
      start,
      text(0, 'a'),
      stop(0),
      tool(1, 't', 'x'),
      args(1, '{}'),
      stop(1),
      finish('tool_use'),
      metadata(),
    ];
    const bytes = encodeConverseStream(events);
    const stopEnd = encodeConverseStream(events.slice(0, -1)).length;
    for (let length = 0; length <= bytes.length; length += 1) {
      const { decoder } = playConverseStream(bytes.subarray(0, length), context());
      expect(decoder.isComplete()).toBe(length >= stopEnd);
      expect(decoder.failure() === null).toBe(length >= stopEnd);
    }
  });

  test('a damaged message ends in an error, and its parser says why', () => {
    const bytes = encodeConverseStream([start, text(0, 'a'), stop(0), finish('end_turn'), metadata()]);
    bytes.writeUInt8(bytes.readUInt8(150) ^ 1, 150);
    const { decoder, parser } = playConverseStream(bytes, context());
    expect(parser.failure).toBe('corrupt');
    expect(decoder.failure()).toMatchObject({ type: 'api_error', status: 502 });
  });

  test('data that is not JSON is a failure', () => {
    const decoder = createStreamDecoder(context());
    expect(decoder.push({ event: 'contentBlockDelta', data: '{"contentBl' })).toMatchObject([{ type: 'error' }]);
  });
});
