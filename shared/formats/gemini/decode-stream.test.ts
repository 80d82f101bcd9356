import { describe, expect, test } from 'vitest';
import { call, deliver, finish, piece, say, types, usageOf } from '../../testing/gemini-script.ts';
import { encodeGeminiStream, geminiChunk, playGeminiStream } from '../../testing/play-gemini-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createToolUseId } from '../tool-id.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeGeminiToolName } from './tool-name.ts';

describe('text and thoughts', () => {
  test('text streams piece by piece, with nothing lost at the switch from thinking', async () => {
    const { message, events, losses } = await deliver([
      say({ text: 'Let me ', thought: true }),
      say({ text: 'see.', thought: true }),
      say({ text: 'First' }),
      say({ text: ' answer' }),
      finish('STOP'),
    ]);
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: '' },
      { type: 'text', text: 'First answer' },
    ]);
    expect(events.filter((event) => event.type === 'content_block_delta')).toHaveLength(4);
    expect(message).toMatchObject({ model: 'upstream-model', stop_reason: 'end_turn', role: 'assistant' });
    expect(losses).toEqual([]);
  });

  test('a thought that comes late opens a block of its own', async () => {
    const { message } = await deliver([
      say({ text: 'a' }),
      say({ text: 'hm', thought: true }, { text: 'b' }),
      finish('STOP'),
    ]);
    expect(types(message)).toEqual(['text', 'thinking', 'text']);
  });

  test('an answer without content is one empty text block', async () => {
    for (const chunk of [finish('STOP'), finish('STOP', {}, [{ text: '' }])]) {
      expect((await deliver([chunk])).message.content).toEqual([{ type: 'text', text: '' }]);
    }
  });

  test('thoughts cut off by the output limit are not repeated as text', async () => {
    const { message } = await deliver([say({ text: 'hm', thought: true }), finish('MAX_TOKENS')]);
    expect(types(message)).toEqual(['thinking']);
    expect(message.stop_reason).toBe('max_tokens');
  });

  test('blank text between thought and call makes no block, and blank text alone is kept', async () => {
    const between = await deliver([
      say({ text: 'hm', thought: true }),
      say({ text: '\n' }, { text: '\n' }, call('now')),
      finish('STOP'),
    ]);
    expect(types(between.message)).toEqual(['thinking', 'tool_use']);
    expect(between.losses).toEqual(['dropped blank text between blocks']);
    expect((await deliver([finish('STOP', {}, [{ text: '\n' }])])).message.content).toEqual([
      { type: 'text', text: '\n' },
    ]);
  });

  test.each([
    ['an image', { inlineData: { mimeType: 'image/png', data: 'aGk=' } }],
    ['code that was run', { executableCode: { language: 'PYTHON', code: '1' } }],
  ])('%s has no place in the answer, and is lost by name', async (_, part) => {
    expect((await deliver([say(part, { text: 'a' }), finish('STOP')])).losses).toEqual([
      'dropped content part of a kind that the Messages API has not',
    ]);
  });

  test('sources of a grounded answer are lost by name', async () => {
    const grounded = geminiChunk([{ text: 'a' }], { groundingMetadata: { webSearchQueries: ['q'] } });
    expect((await deliver([grounded, finish('STOP')])).losses).toEqual(['dropped groundingMetadata']);
  });
});

describe('thought signatures travel in thinking blocks', () => {
  test('a signature of a call stands before it, in the block of the thought that led to it', async () => {
    const { message } = await deliver([
      say({ text: 'hm', thought: true }),
      finish('STOP', {}, [call('read', { a: 1 }, { thoughtSignature: 'c2ln' }), call('read', { a: 2 })]),
    ]);
    expect(message.content.slice(0, 2)).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: 'gemini-call:c2ln' },
      { type: 'tool_use', input: { a: 1 } },
    ]);
    expect(types(message)).toEqual(['thinking', 'tool_use', 'tool_use']);
  });

  test('without a thought it has a block of its own, and never one at the end of the answer', async () => {
    const { message } = await deliver([
      say({ text: 'a' }, call('read', {}, { thoughtSignature: 's' })),
      finish('STOP'),
    ]);
    expect(types(message)).toEqual(['text', 'thinking', 'tool_use']);
    const text = await deliver([say({ text: 'a' }), finish('STOP', {}, [{ text: '', thoughtSignature: 's' }])]);
    expect(text.message.content).toEqual([{ type: 'text', text: 'a' }]);
    expect(text.losses).toEqual(['dropped thought signature of a text']);
  });

  test('a signed thought keeps its signature, and the call behind it has another', async () => {
    const { message } = await deliver([
      say({ text: 'hm', thought: true, thoughtSignature: 'one' }, call('read', {}, { thoughtSignature: 'two' })),
      finish('STOP'),
    ]);
    expect(message.content.slice(0, 2)).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 'gemini-thought:one' },
      { type: 'thinking', thinking: '', signature: 'gemini-call:two' },
    ]);
  });
});

describe('tool calls', () => {
  test('parallel calls keep their blocks and arguments', async () => {
    const { message } = await deliver(
      [say({ text: 'Reading.' }, call('read', { path: 'a' })), say(call('write', { to: 'b' })), finish('STOP')],
      {},
      [{ path: 'a' }, { to: 'b' }],
    );
    expect(types(message)).toEqual(['text', 'tool_use', 'tool_use']);
    expect(message.stop_reason).toBe('tool_use');
  });

  test('ids that the upstream leaves out are made, those it gives are kept, unless they are taken', async () => {
    const context = createDecodeContext();
    const history: CanonicalBody['messages'] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'now', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'x' }] },
    ];
    const withId = (id: string) => ({ functionCall: { name: 'now', id } });
    const parts = [call('now'), withId('call_0'), withId('call_9'), withId('call_9'), withId('bad id!')];
    const { message, losses } = await deliver([finish('STOP', {}, parts)], { messages: history });
    const generated = (index: number) => createToolUseId(context.callId, index);
    expect(message.content.map((block) => 'id' in block && block.id)).toEqual([
      generated(0),
      generated(1),
      'call_9',
      generated(3),
      generated(4),
    ]);
    expect(losses).toEqual(['renamed tool call id repeated or not usable']);
  });

  test.each([`mcp__server__${'x'.repeat(70)}`, '3d-render', 'has spaces'])(
    "the name %s is the client's again",
    async (name) => {
      const tools = [{ name, input_schema: { type: 'object' as const } }];
      const { message } = await deliver([say(call(encodeGeminiToolName(name))), finish('STOP')], { tools });
      expect(message.content[0]).toMatchObject({ name });
    },
  );

  test('a call without arguments streams as an empty object, and is noted for a tool that requires some', async () => {
    const bare = [say({ functionCall: { name: 'read' } }), finish('STOP')];
    expect((await deliver(bare, {}, [{}])).losses).toEqual([]);
    const tools = [{ name: 'read', input_schema: { type: 'object' as const, properties: {}, required: ['path'] } }];
    expect((await deliver(bare, { tools }, [{}])).losses).toEqual([
      'repaired empty arguments for a tool that requires some',
    ]);
  });

  test('a call without a name is delivered as one that no client has', async () => {
    const { message, losses } = await deliver([say({ functionCall: { args: { a: 1 } } }), finish('STOP')]);
    expect(message.content[0]).toMatchObject({ name: 'unnamed_tool', input: { a: 1 } });
    expect(losses).toEqual(['repaired upstream sent no tool name']);
  });
});

describe('streamed arguments', () => {
  const start = { functionCall: { name: 'read', willContinue: true } };
  const end = { functionCall: {} };

  test('are delivered as they come, and the call is not closed before the upstream ends it', () => {
    const decoder = createStreamDecoder(createDecodeContext());
    const push = (chunk: object) =>
      decoder
        .push({ data: JSON.stringify(chunk) })
        .map((event) =>
          event.type === 'content_block_delta' && 'partial_json' in event.delta ? event.delta.partial_json : event.type,
        );
    expect(push(say(start))).toEqual(['message_start', 'content_block_start']);
    expect(push(say(piece('$.path', 'a/', true)))).toEqual(['{"path":"a/']);
    expect(push(say(piece('$.path', 'b', true)))).toEqual(['b']);
    expect(push(say(piece('$.path', '')))).toEqual(['"']);
    expect(push(say({ functionCall: { willContinue: true } }))).toEqual([]);
    expect(push(say(piece('$.lines[0]', 'x')))).toEqual([',"lines":["x"']);
    expect(push(say(end))).toEqual([']}']);
    expect(push(finish('STOP'))).toEqual([]);
    expect(decoder.end().map((event) => event.type)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  });

  test('numbers, truths and nothing are what they are', async () => {
    const partialArgs = [
      { jsonPath: '$.n', numberValue: 1.5 },
      { jsonPath: '$.t', boolValue: false },
      { jsonPath: '$.z', nullValue: 'NULL_VALUE' },
      { jsonPath: '$.s', willContinue: true },
    ];
    const chunks = [say(start), say({ functionCall: { partialArgs, willContinue: true } }), say(end), finish('STOP')];
    await deliver(chunks, {}, [{ n: 1.5, t: false, z: null, s: '' }]);
  });

  test('two calls of one tool, one after the other, are two', async () => {
    const chunks = [start, piece('$.a', '1'), end, start, piece('$.a', '2'), end].map((part) => say(part));
    await deliver([...chunks, finish('STOP')], {}, [{ a: '1' }, { a: '2' }]);
  });

  test('that the upstream never ended are closed when it says that it finished, and left open when it was cut', async () => {
    const chunks = [say(start), say(piece('$.a', 'b', true))];
    const closed = await deliver([...chunks, finish('STOP')], {}, [{ a: 'b' }]);
    expect(closed.losses).toEqual(['repaired call without an end; its arguments closed']);
    const cut = await deliver([...chunks, finish('MAX_TOKENS')], {}, ['{"a":"b']);
    expect(cut.message).toMatchObject({
      stop_reason: 'max_tokens',
      content: [{ input: { __unparsedToolInput: { raw: '{"a":"b' } } }],
    });
  });

  test('that come out of order arrive whole', async () => {
    const chunks = [start, piece('$.a.x', '1'), piece('$.b', '2'), piece('$.a.y', '3'), end].map((part) => say(part));
    const { losses } = await deliver([...chunks, finish('STOP')], {}, [{ b: '2', a: { x: '1', y: '3' } }]);
    expect(losses).toEqual(['repaired arguments that came out of order are said again at the end']);
  });

  test.each(['$.a[3]', 'nonsense', '$..a'])('at %s end in an error instead of a guess', (path) => {
    const { bytes, decoder } = playGeminiStream(
      encodeGeminiStream([say(start), say(piece(path, 'x')), finish('STOP')]),
      createDecodeContext(),
    );
    expect(decoder.failure()).toMatchObject({ type: 'api_error', message: expect.stringMatching(/put together/) });
    expect(bytes.toString()).not.toMatch(/content_block_stop|message_stop/);
  });
});

describe('stop reasons, refusals and usage', () => {
  test.each<readonly [string, string]>([
    ['STOP', 'end_turn'],
    ['MAX_TOKENS', 'max_tokens'],
    ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map(
      (reason) => [reason, 'refusal'] as const,
    ),
    ['SOMETHING_NEW', 'end_turn'],
  ])('%s is %s', async (reason, expected) => {
    const { message, decoder } = await deliver([say({ text: 'a' }), finish(reason)]);
    expect(message.stop_reason).toBe(expected);
    expect(decoder.upstreamStopReason()).toBe(reason);
  });

  test('a prompt that is blocked is a refusal, with the words of the upstream', async () => {
    const blocked = { promptFeedback: { blockReason: 'OTHER', blockReasonMessage: 'Not this.' }, ...usageOf() };
    const { message, decoder } = await deliver([blocked]);
    expect(message).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: 'Not this.' }] });
    expect(decoder.upstreamStopReason()).toBe('OTHER');
    const silent = await deliver([{ promptFeedback: { blockReason: 'SAFETY' } }]);
    expect(silent.message).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: '' }] });
  });

  test.each([
    ['cached tokens are not counted twice', { cachedContentTokenCount: 90 }, [10, 90, 7]],
    ['thoughts are output', { thoughtsTokenCount: 30 }, [100, 0, 37]],
    ['results of tools that ran upstream are input', { toolUsePromptTokenCount: 5 }, [105, 0, 7]],
    ['nonsense is zero', { candidatesTokenCount: null, cachedContentTokenCount: 900 }, [0, 100, 0]],
  ])('%s', async (_, more, [input, read, output]) => {
    const { message, events } = await deliver([say({ text: 'a' }), finish('STOP', usageOf(more))]);
    const expected = {
      input_tokens: input,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: 0,
      output_tokens: output,
    };
    expect(message.usage).toMatchObject(expected);
    expect(events.find((event) => event.type === 'message_delta')).toMatchObject({ usage: expected });
  });

  test('without usage the lengths are the estimate, and said to be one', () => {
    const context = { ...createDecodeContext(), inputTokensEstimate: 55 };
    const chunks = [say({ text: 'x'.repeat(40) }), geminiChunk([], { finishReason: 'STOP' })];
    const { decoder } = playGeminiStream(encodeGeminiStream(chunks), context);
    expect(decoder.message()?.usage).toMatchObject({ input_tokens: 55, output_tokens: 10 });
    expect(decoder.losses().map((loss) => loss.pointer)).toEqual(['/usage']);
  });
});

describe('streams that break', () => {
  const begun = [say({ text: 'par' }), say(call('read', { path: 'a' }))];

  test.each<[string, Buffer, RegExp]>([
    ['nothing at all', Buffer.from(''), /ended before/],
    ['an end before the finish', encodeGeminiStream(begun), /ended before/],
    [
      'an end mark before the finish',
      Buffer.concat([encodeGeminiStream(begun), Buffer.from('data: [DONE]\n\n')]),
      /ended before/,
    ],
    ['a cut line', Buffer.concat([encodeGeminiStream(begun), Buffer.from('data: {"candidates":[{"co')]), /not JSON/],
    [
      'an error chunk',
      encodeGeminiStream([...begun, { error: { code: 503, status: 'UNAVAILABLE', message: 'overloaded' } }]),
      /overloaded/,
    ],
    ['an error in a list', encodeGeminiStream([...begun, [{ error: { code: 500, message: 'boom' } }]]), /boom/],
    ...['OTHER', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MISSING_THOUGHT_SIGNATURE'].map(
      (reason): [string, Buffer, RegExp] => [
        `a finish reason of ${reason}`,
        encodeGeminiStream([...begun, geminiChunk([], { finishReason: reason, finishMessage: 'print(1)' })]),
        new RegExp(`gave up .*${reason}.*print`),
      ],
    ),
  ])('%s ends in an error event, with no call closed and no clean finish', (_, upstream, wording) => {
    const { bytes, decoder } = playGeminiStream(upstream, createDecodeContext());
    const text = bytes.toString();
    expect(text).toMatch(/event: error\ndata: .*\n\n$/);
    expect(text).toMatch(wording);
    expect(text).not.toMatch(/message_delta|message_stop/);
    expect(decoder.isComplete()).toBe(false);
    expect(decoder.failure()).toMatchObject({ message: expect.stringMatching(wording) });
    const index = decoder.message()?.content.findIndex((block) => block.type === 'tool_use') ?? -1;
    expect(text).not.toContain(`"content_block_stop","index":${index}}`);
    expect(decoder.push({ data: JSON.stringify(finish('STOP')) })).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  test('an error in the stream keeps the kind that its code tells', () => {
    const error = { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' };
    const { decoder } = playGeminiStream(encodeGeminiStream([{ error }]), createDecodeContext());
    expect(decoder.failure()).toMatchObject({ type: 'overloaded_error', status: 529, retryable: true });
  });
});
