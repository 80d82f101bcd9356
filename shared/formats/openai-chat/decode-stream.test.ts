import { describe, expect, test } from 'vitest';
import { call, deliver, finish, types, usage } from '../../testing/chat-script.ts';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { chatChunk, encodeChatStream, playChatStream } from '../../testing/play-chat-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import { createStreamDecoder } from './decode-stream.ts';

describe('text and reasoning', () => {
  test('text streams piece by piece, with nothing lost at the switch from reasoning', async () => {
    const chunks = [
      chatChunk({ role: 'assistant', content: '' }),
      chatChunk({ reasoning_content: 'Let me ' }),
      chatChunk({ reasoning_content: 'see.' }),
      chatChunk({ content: 'First' }),
      chatChunk({ content: ' answer' }),
      finish('stop'),
      usage(),
    ];
    const { message, events } = await deliver(chunks);
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: '' },
      { type: 'text', text: 'First answer' },
    ]);
    expect(events.filter((event) => event.type === 'content_block_delta')).toHaveLength(4);
    expect(message).toMatchObject({ model: 'upstream-model', stop_reason: 'end_turn', role: 'assistant' });
  });

  test.each([
    ['reasoning', { reasoning: 'hm' }],
    ['reasoning beside its details', { reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }],
    ['reasoning details alone', { reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }],
    ['a thinking part of the content', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }],
  ])('%s becomes one thinking block', async (_, delta) => {
    const { message } = await deliver([chatChunk(delta), chatChunk({ content: 'a' }), finish('stop')]);
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'a' },
    ]);
  });

  test('reasoning that comes late opens a block of its own', async () => {
    const { message } = await deliver([
      chatChunk({ content: 'a' }),
      chatChunk({ reasoning_content: 'hm' }),
      chatChunk({ content: 'b' }),
      finish('stop'),
    ]);
    expect(types(message)).toEqual(['text', 'thinking', 'text']);
  });

  test('an answer without content is one empty text block', async () => {
    const { message } = await deliver([chatChunk({ role: 'assistant', content: '' }), finish('stop'), usage()]);
    expect(message.content).toEqual([{ type: 'text', text: '' }]);
  });

  test('reasoning cut off by the output limit is not repeated as text', async () => {
    const { message } = await deliver([chatChunk({ reasoning_content: 'hm' }), finish('length')]);
    expect(types(message)).toEqual(['thinking']);
    expect(message.stop_reason).toBe('max_tokens');
  });

  test('blank text between reasoning and a call makes no block, and blank text alone is kept', async () => {
    const between = await deliver([
      chatChunk({ reasoning_content: 'hm' }),
      chatChunk({ content: '\n\n' }),
      call(0, { id: 'c1', name: 'now', args: '{}' }),
      finish('tool_calls'),
    ]);
    expect(types(between.message)).toEqual(['thinking', 'tool_use']);
    const alone = await deliver([chatChunk({ content: '\n' }), finish('stop')]);
    expect(alone.message.content).toEqual([{ type: 'text', text: '\n' }]);
  });

  test('a refusal is text with the reason refusal', async () => {
    const { message } = await deliver([chatChunk({ refusal: 'I cannot.' }), finish('stop')]);
    expect(message).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: 'I cannot.' }] });
  });
});

describe('tool calls', () => {
  test('parallel calls keep their blocks and arguments in any interleaving', async () => {
    const chunks = [
      chatChunk({ content: 'Reading.' }),
      call(0, { id: 'c0', name: 'read', args: '{"path":' }),
      call(1, { id: 'c1', name: 'write', args: '{"to":' }),
      call(0, { args: '"a"}' }),
      call(1, { args: '"b"}' }),
      finish('tool_calls'),
      usage(),
    ];
    const { message } = await deliver(chunks, {}, [{ path: 'a' }, { to: 'b' }]);
    expect(message.content).toEqual([
      { type: 'text', text: 'Reading.' },
      { type: 'tool_use', id: 'c0', name: 'read', input: { path: 'a' } },
      { type: 'tool_use', id: 'c1', name: 'write', input: { to: 'b' } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
  });

  test('arguments in the chunk of the name are not lost, and long ones stream progressively', async () => {
    const same = await deliver([call(0, { id: 'c0', name: 'read', args: '{"path":"a"}' }), finish('tool_calls')], {}, [
      { path: 'a' },
    ]);
    expect(same.losses).toEqual(['approximated upstream reported no usage; estimated from lengths']);
    const decoder = createStreamDecoder(createDecodeContext());
    const push = (chunk: object) => decoder.push({ data: JSON.stringify(chunk) }).map((event) => event.type);
    expect(push(call(0, { id: 'c0', name: 'read', args: '' }))).toEqual(['message_start', 'content_block_start']);
    for (const args of ['{"pa', 'th":', '"a"']) expect(push(call(0, { args }))).toEqual(['content_block_delta']);
    expect(push(call(0, { args: '}' })), 'a whole object is not closed before the upstream finished').toEqual([
      'content_block_delta',
    ]);
    expect(push(finish('tool_calls'))).toEqual([]);
    expect(decoder.push({ data: '[DONE]' }).map((event) => event.type)).toEqual([
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test.each([
    ['never sent', undefined],
    ['empty', ''],
    ['null', 'null'],
  ])(
    'arguments that are %s stream as an empty object, and are noted for a tool that requires some',
    async (_, args) => {
      const chunks = [
        call(0, { id: 'c0', name: 'read', ...(args === undefined ? {} : { args }) }),
        finish('tool_calls'),
        usage(),
      ];
      const plain = await deliver(chunks, {}, [{}]);
      expect(plain.losses).toEqual([]);
      const tools = [{ name: 'read', input_schema: { type: 'object' as const, properties: {}, required: ['path'] } }];
      expect((await deliver(chunks, { tools }, [{}])).losses).toEqual([
        'repaired empty arguments for a tool that requires some',
      ]);
    },
  );

  test('a finish reason of stop after a call is tool_use, and tool_calls without a call is not', async () => {
    expect((await deliver([call(0, { id: 'c0', name: 'now', args: '{}' }), finish('stop')])).message.stop_reason).toBe(
      'tool_use',
    );
    expect((await deliver([chatChunk({ content: 'a' }), finish('tool_calls')])).message.stop_reason).toBe('end_turn');
  });

  test('calls without ids, with repeated ids or with ids from the history get unique ones that any replica derives', async () => {
    const context = createDecodeContext();
    const history: CanonicalBody['messages'] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'now', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'x' }] },
    ];
    const chunks = [
      call(0, { id: 'call_0', name: 'now', args: '{}' }),
      call(1, { name: 'now', args: '{}' }),
      call(2, { id: 'call_9', name: 'now', args: '{}' }),
      call(3, { id: 'call_9', name: 'now', args: '{}' }),
      call(4, { id: 'bad id!', name: 'now', args: '{}' }),
      finish('tool_calls'),
    ];
    const { message } = await deliver(chunks, { messages: history }, [{}, {}, {}, {}, {}]);
    const generated = (index: number) => createToolUseId(context.callId, index);
    expect(message.content.map((block) => 'id' in block && block.id)).toEqual([
      generated(0),
      generated(1),
      'call_9',
      generated(3),
      generated(4),
    ]);
    expect(generated(0)).toMatch(/^toolu_[a-z2-7]{24}$/);
  });

  test('servers that say index 0 for every call, or none, are told apart by name and id', async () => {
    for (const index of [0, undefined]) {
      const entry = (id: string | undefined, name: string, args: string) =>
        chatChunk({
          tool_calls: [
            {
              ...(index === undefined ? {} : { index }),
              ...(id === undefined ? {} : { id }),
              function: { name, arguments: args },
            },
          ],
        });
      const withIds = [entry('a', 'read', '{"n":1}'), entry('b', 'read', '{"n":2}'), finish('tool_calls')];
      await deliver(withIds, {}, [{ n: 1 }, { n: 2 }]);
      const withoutIds = [
        entry(undefined, 'read', '{"n":1}'),
        entry(undefined, 'write', '{"n":2}'),
        finish('tool_calls'),
      ];
      await deliver(withoutIds, {}, [{ n: 1 }, { n: 2 }]);
    }
  });

  test('a server that repeats name and id with every piece makes one call', async () => {
    const piece = (args: string) => call(0, { id: 'c0', name: 'read', args });
    await deliver([piece('{"a"'), piece(':1'), piece('}'), finish('tool_calls')], {}, [{ a: 1 }]);
    await deliver([piece('{"a":1}'), piece('\n'), finish('tool_calls')], {}, [{ a: 1 }]);
    const blankId = [
      call(0, { id: 'c0', name: 'read', args: '' }),
      call(0, { id: '', args: '{"a":1}' }),
      finish('tool_calls'),
    ];
    await deliver(blankId, {}, [{ a: 1 }]);
  });

  test('arguments sent as an object, or encoded twice, arrive as the object', async () => {
    const object = chatChunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'read', arguments: { a: 1 } } }] });
    await deliver([object, finish('tool_calls')], {}, [{ a: 1 }]);
    const twice = await deliver(
      [call(0, { id: 'c', name: 'read', args: JSON.stringify('{"a":1}') }), finish('tool_calls'), usage()],
      {},
      [{ a: 1 }],
    );
    expect(twice.losses).toEqual(['repaired tool arguments were a JSON string of an object']);
  });

  test('arguments that do not parse are delivered as they are, and kept for scorers', async () => {
    const raw = '{"path": a}';
    const { message, losses } = await deliver(
      [call(0, { id: 'c', name: 'read', args: raw }), finish('tool_calls'), usage()],
      {},
      [raw],
    );
    expect(message.content).toEqual([
      { type: 'tool_use', id: 'c', name: 'read', input: { __unparsedToolInput: { raw, len: raw.length } } },
    ]);
    expect(losses).toEqual(['repaired tool arguments are no JSON object; text kept as is']);
  });

  test("a shortened name is the client's again", async () => {
    const name = `mcp__server__${'x'.repeat(70)}`;
    const tools = [{ name, input_schema: { type: 'object' as const } }];
    const { message } = await deliver(
      [call(0, { id: 'c', name: encodeToolName(name), args: '{}' }), finish('tool_calls')],
      { tools },
    );
    expect(message.content[0]).toMatchObject({ name });
  });

  test('a call that never gets a name is delivered as one that no client has', async () => {
    const { message, losses } = await deliver([call(0, { id: 'c', args: '{"a":1}' }), finish('tool_calls'), usage()]);
    expect(message.content[0]).toMatchObject({ name: 'unnamed_tool', input: { a: 1 } });
    expect(losses).toEqual(['repaired upstream sent no tool name']);
  });

  test('the function_call of older servers is a call', async () => {
    const chunks = [
      chatChunk({ function_call: { name: 'read', arguments: '{"a":' } }),
      chatChunk({ function_call: { arguments: '1}' } }),
      finish('function_call'),
    ];
    await deliver(chunks, {}, [{ a: 1 }]);
  });

  test('a call cut by the output limit ends as max_tokens', async () => {
    const { message, losses } = await deliver(
      [call(0, { id: 'c', name: 'read', args: '{"path":"a' }), finish('length'), usage()],
      {},
      ['{"path":"a'],
    );
    expect(message.stop_reason).toBe('max_tokens');
    expect(losses).toEqual([]);
  });
});

describe('stop reasons and usage', () => {
  test.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['model_length', 'model_context_window_exceeded'],
    ['something_else', 'end_turn'],
  ])('%s is %s', async (reason, expected) => {
    const { message, decoder } = await deliver([chatChunk({ content: 'a' }), finish(reason)]);
    expect(message.stop_reason).toBe(expected);
    expect(decoder.upstreamStopReason()).toBe(reason);
  });

  test('the stop sequence that matched is named where the upstream names it', async () => {
    const chunks = [chatChunk({ content: 'a' }), finish('stop', { stop_reason: 'END' })];
    const { message } = await deliver(chunks, { stop_sequences: ['END'] });
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect((await deliver(chunks)).message).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
  });

  test.each([
    ['cached tokens are not counted twice', { prompt_tokens_details: { cached_tokens: 90 } }, [10, 90, 0, 7]],
    ['DeepSeek says them apart', { prompt_cache_hit_tokens: 90 }, [10, 90, 0, 7]],
    ['written tokens', { prompt_tokens_details: { cached_tokens: 50, cache_write_tokens: 30 } }, [20, 50, 30, 7]],
    ['reasoning is part of the output', { completion_tokens_details: { reasoning_tokens: 5 } }, [100, 0, 0, 7]],
    [
      'reasoning beside the output is added',
      { completion_tokens_details: { reasoning_tokens: 5 }, total_tokens: 112 },
      [100, 0, 0, 12],
    ],
    ['nonsense is zero', { completion_tokens: null, prompt_tokens_details: { cached_tokens: 900 } }, [0, 100, 0, 0]],
  ])('%s', async (_, more, [input, read, creation, output]) => {
    const { message, events } = await deliver([chatChunk({ content: 'a' }), finish('stop'), usage(more)]);
    const expected = {
      input_tokens: input,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: creation,
      output_tokens: output,
    };
    expect(message.usage).toMatchObject(expected);
    expect(events.find((event) => event.type === 'message_delta')).toMatchObject({ usage: expected });
    expect(events[0]).toMatchObject({
      message: { usage: { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 } },
    });
  });

  test('without usage the lengths are the estimate, and said to be one', async () => {
    const context = { ...createDecodeContext(), inputTokensEstimate: 55 };
    const { decoder } = playChatStream(
      encodeChatStream([chatChunk({ content: 'x'.repeat(40) }), finish('stop')]),
      context,
    );
    expect(decoder.message()?.usage).toMatchObject({ input_tokens: 55, output_tokens: 10 });
    expect(decoder.losses().map((loss) => loss.pointer)).toEqual(['/usage']);
  });
});

describe('streams that break', () => {
  const begun = [chatChunk({ content: 'par' }), call(0, { id: 'c', name: 'read', args: '{"path":"a"}' })];

  test.each<[string, Buffer, RegExp]>([
    ['nothing at all', Buffer.from(''), /ended before/],
    ['an end before the finish', encodeChatStream(begun, { isDone: false }), /ended before/],
    ['[DONE] within a call', encodeChatStream([call(0, { id: 'c', name: 'read', args: '{"pa' })]), /ended before/],
    ['[DONE] before anything', encodeChatStream([]), /ended before/],
    [
      'a cut line',
      Buffer.concat([encodeChatStream(begun, { isDone: false }), Buffer.from('data: {"choices":[{"de')]),
      /not JSON/,
    ],
    ['an error chunk', encodeChatStream([...begun, { error: { message: 'GPU fell off', code: 500 } }]), /GPU fell off/],
    [
      'an error event',
      Buffer.concat([
        encodeChatStream(begun, { isDone: false }),
        Buffer.from('event: error\ndata: {"message":"boom"}\n\n'),
      ]),
      /boom/,
    ],
    ['a finish reason of error', encodeChatStream([...begun, finish('error')]), /gave up/],
    ['an interrupted inference', encodeChatStream([...begun, finish('insufficient_system_resource')]), /gave up/],
  ])('%s ends in an error event, with no block closed and no clean finish', (_, upstream, wording) => {
    const { bytes, decoder } = playChatStream(upstream, createDecodeContext());
    const text = bytes.toString();
    expect(text).toMatch(/event: error\ndata: .*\n\n$/);
    expect(text).toMatch(wording);
    expect(text).not.toMatch(/message_delta|message_stop/);
    expect(decoder.isComplete()).toBe(false);
    expect(decoder.failure()).toMatchObject({ message: expect.stringMatching(wording) });
    const call = decoder.message()?.content.findIndex((block) => block.type === 'tool_use') ?? -1;
    expect(text).not.toContain(`"content_block_stop","index":${call}}`);
    expect(decoder.push({ data: JSON.stringify(finish('stop')) })).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  test('an overflow told in the stream is told in the words that make clients compact', () => {
    const error = {
      message: "This model's maximum context length is 100 tokens. However, your messages resulted in 120 tokens.",
      code: 'context_length_exceeded',
    };
    const { decoder } = playChatStream(encodeChatStream([{ error }]), createDecodeContext());
    expect(decoder.failure()).toMatchObject({ status: 400, message: 'prompt is too long: 120 tokens > 100 maximum' });
  });

  test('a finish without [DONE] is an end, and [DONE] without a finish is one when nothing is half said', async () => {
    const whole = playChatStream(
      encodeChatStream([chatChunk({ content: 'a' }), finish('stop')], { isDone: false }),
      createDecodeContext(),
    );
    expect((await judgeMessageStream(whole.bytes)).violations).toEqual([]);
    const { losses } = await deliver([
      chatChunk({ content: 'a' }),
      call(0, { id: 'c', name: 'now', args: '{}' }),
      usage(),
    ]);
    expect(losses).toEqual(['approximated upstream gave no finish_reason']);
  });
});
