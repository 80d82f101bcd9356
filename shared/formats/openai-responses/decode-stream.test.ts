import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { encodeResponsesStream, playResponsesStream } from '../../testing/play-responses-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { decodeReasoningSignature } from './reasoning-signature.ts';

type Item = Record<string, unknown> & { type: string };

const usage = { input_tokens: 100, output_tokens: 7, total_tokens: 107, input_tokens_details: { cached_tokens: 40 } };
const response = (output: readonly Item[], more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'upstream-model',
  output,
  usage,
  ...more,
});
const completed = (output: readonly Item[] = [], more: object = {}) => ({
  type: 'response.completed',
  response: response(output, more),
});
const added = (output_index: number, item: Item) => ({ type: 'response.output_item.added', output_index, item });
const done = (output_index: number, item: Item) => ({ type: 'response.output_item.done', output_index, item });
const call = (call_id: string, text = '{}', name = 'read'): Item => ({
  type: 'function_call',
  id: `fc_${call_id}`,
  call_id,
  name,
  arguments: text,
});
const message = (...texts: string[]): Item => ({
  type: 'message',
  id: `msg_${texts.join('_')}`,
  role: 'assistant',
  content: texts.map((text) => ({ type: 'output_text', text, annotations: [] })),
});
const text = (output_index: number, delta: string, content_index = 0) => ({
  type: 'response.output_text.delta',
  output_index,
  content_index,
  delta,
});
const piece = (output_index: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  output_index,
  delta,
});

/** Plays events and has the oracle judge what a client gets. */
async function deliver(
  events: readonly object[],
  request: Partial<CanonicalBody> = {},
  toolInputs?: readonly unknown[],
) {
  const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), createDecodeContext(request));
  const verdict = await judgeMessageStream(bytes, toolInputs === undefined ? {} : { toolInputs });
  expect(verdict.violations).toEqual([]);
  expect(decoder.isComplete()).toBe(true);
  const delivered = decoder.message();
  if (delivered === null) throw new Error('no message');
  const losses = decoder.losses().map(({ kind, detail }) => `${kind} ${detail}`);
  return { message: delivered, events: verdict.events, losses, decoder };
}

describe('tool calls of a Responses server', () => {
  test('parallel calls keep their blocks and arguments in any interleaving', async () => {
    const events = [
      added(0, call('c0', '')),
      piece(0, '{"path":'),
      added(1, call('c1', '', 'write')),
      piece(1, '{"to":'),
      piece(0, '"a"}'),
      piece(1, '"b"}'),
      done(1, call('c1', '{"to":"b"}', 'write')),
      done(0, call('c0', '{"path":"a"}')),
      completed(),
    ];
    const { message: answer } = await deliver(events, {}, [{ path: 'a' }, { to: 'b' }]);
    expect(answer.content).toEqual([
      { type: 'tool_use', id: 'c0', name: 'read', input: { path: 'a' } },
      { type: 'tool_use', id: 'c1', name: 'write', input: { to: 'b' } },
    ]);
    expect(answer.stop_reason).toBe('tool_use');
  });

  test.each([
    [
      'at the end of the arguments',
      [
        added(0, call('c0', '')),
        { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"path":"a"}' },
        completed(),
      ],
    ],
    ['with the finished item', [added(0, call('c0', '')), done(0, call('c0', '{"path":"a"}')), completed()]],
    ['with an item that was never announced', [done(0, call('c0', '{"path":"a"}')), completed()]],
    ['with the finished response', [added(0, call('c0', '')), completed([call('c0', '{"path":"a"}')])]],
    ['with nothing but the finished response', [completed([call('c0', '{"path":"a"}')])]],
    ['with the start of the item', [added(0, call('c0', '{"path":"a"}')), done(0, call('c0', '')), completed()]],
    [
      'by item id instead of index',
      [
        { type: 'response.output_item.added', item: call('c0', '') },
        { type: 'response.function_call_arguments.delta', item_id: 'fc_c0', delta: '{"path":"a"}' },
        { type: 'response.output_item.done', item: call('c0', '{"path":"a"}') },
        completed(),
      ],
    ],
  ])('arguments that come only %s still reach the client as a delta', async (_, events) => {
    await deliver(events, {}, [{ path: 'a' }]);
  });

  test('arguments stream progressively', () => {
    const decoder = createStreamDecoder(createDecodeContext());
    const push = (event: object) => decoder.push({ data: JSON.stringify(event) });
    push(added(0, call('c0', '')));
    expect(push(piece(0, '{"pa'))).toMatchObject([{ delta: { partial_json: '{"pa' } }]);
    expect(push(piece(0, 'th":"a"}'))).toMatchObject([{ delta: { partial_json: 'th":"a"}' } }]);
  });

  test('no call is closed before the server says that it is whole', () => {
    const events = [added(0, call('c0', '')), piece(0, '{"path":"a"}'), added(1, message())];
    const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), createDecodeContext());
    expect(bytes.toString()).not.toMatch(/content_block_stop/);
    expect(decoder.failure()).toMatchObject({ type: 'api_error' });
  });

  test('a call without parameters streams as an empty object', async () => {
    await deliver([done(0, call('c0', '')), completed()], {}, [{}]);
  });

  test('empty arguments for a tool that requires some are noted', async () => {
    const tools = [{ name: 'read', input_schema: { type: 'object' as const, required: ['path'] } }];
    const { losses } = await deliver([done(0, call('c0', '')), completed()], { tools });
    expect(losses).toEqual(['repaired empty arguments for a tool that requires some']);
  });

  test('arguments that do not parse are delivered as they are, and noted', async () => {
    const { message: answer, losses } = await deliver([done(0, call('c0', '{"path":')), completed()], {}, ['{"path":']);
    expect(answer.content).toMatchObject([{ input: { __unparsedToolInput: { raw: '{"path":' } } }]);
    expect(losses).toHaveLength(1);
  });

  test('names that were shortened for the server are restored, and ids are new in the conversation', async () => {
    const name = `mcp__${'server'.repeat(12)}__tool`;
    const request: Partial<CanonicalBody> = {
      tools: [{ name, input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c0', name, input: {} }] },
      ],
    };
    const { message: answer } = await deliver([done(0, call('c0', '{}', encodeToolName(name))), completed()], request);
    expect(answer.content).toMatchObject([{ name, id: createToolUseId(createDecodeContext().callId, 0) }]);
  });
});

describe('text and reasoning of a Responses server', () => {
  test('reasoning is a thinking block whose signature gives it back', async () => {
    const reasoning = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'First.' },
        { type: 'summary_text', text: 'Then.' },
      ],
      encrypted_content: 'gAAA==',
    };
    const thought = (delta: string, summary_index: number) => ({
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index,
      delta,
    });
    const { message: answer } = await deliver([
      added(0, { ...reasoning, summary: [], encrypted_content: '' }),
      thought('First.', 0),
      thought('Th', 1),
      thought('en.', 1),
      done(0, reasoning),
      done(1, message('Answer.')),
      completed(),
    ]);
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'First.\n\nThen.' },
      { type: 'text', text: 'Answer.' },
    ]);
    const [block] = answer.content;
    expect(decodeReasoningSignature(block?.type === 'thinking' ? block.signature : '')).toEqual({
      model: 'target-model',
      id: 'rs_1',
      encryptedContent: 'gAAA==',
    });
  });

  test('encrypted reasoning without a summary is a block, and reasoning of neither kind is none', async () => {
    const hidden = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA==' };
    const empty = { type: 'reasoning', id: 'rs_2', summary: [] };
    const { message: answer } = await deliver([done(0, empty), done(1, hidden), done(2, message('a')), completed()]);
    expect(answer.content).toMatchObject([{ type: 'thinking', thinking: '' }, { type: 'text' }]);
  });

  test('reasoning that open models show in full is thinking', async () => {
    const { message: answer } = await deliver([
      { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'hm' },
      done(0, { type: 'reasoning', id: 'r', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] }),
      text(1, 'a'),
      done(1, message('a')),
      completed(),
    ]);
    expect(answer.content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'a' },
    ]);
  });

  test('text of two items that come mixed is two blocks', async () => {
    const { message: answer } = await deliver([
      added(0, message()),
      added(1, message()),
      text(0, 'a'),
      text(1, 'x'),
      text(0, 'b'),
      text(1, 'y'),
      done(1, message('xy')),
      done(0, message('ab')),
      completed(),
    ]);
    expect(answer.content).toEqual([
      { type: 'text', text: 'ab' },
      { type: 'text', text: 'xy' },
    ]);
  });

  test('an end that contradicts what was streamed is noted, and what was streamed stands', async () => {
    const { message: answer, losses } = await deliver([text(0, 'abc'), done(0, message('xyz')), completed()]);
    expect(answer.content).toEqual([{ type: 'text', text: 'abc' }]);
    expect(losses).toEqual(['approximated the end of a part differs from what was streamed']);
  });

  test('an answer without content is one empty text block', async () => {
    const { message: answer } = await deliver([completed()]);
    expect(answer.content).toEqual([{ type: 'text', text: '' }]);
  });

  test('items of tools that the server ran itself, and annotations, are noted', async () => {
    const cited = { ...message('a'), content: [{ type: 'output_text', text: 'a', annotations: [{ type: 'url' }] }] };
    const { losses } = await deliver([done(0, { type: 'web_search_call', id: 'ws' }), done(1, cited), completed()]);
    expect(losses).toEqual([
      'dropped output item that the Messages API has not: web_search_call',
      'dropped annotations of the text',
    ]);
  });
});

describe('how a response ends', () => {
  test.each([
    [completed(), 'end_turn'],
    [
      { type: 'response.incomplete', response: response([], { incomplete_details: { reason: 'max_output_tokens' } }) },
      'max_tokens',
    ],
    [
      { type: 'response.incomplete', response: response([], { incomplete_details: { reason: 'content_filter' } }) },
      'refusal',
    ],
  ])('%j gives its stop reason', async (end, expected) => {
    const { message: answer } = await deliver([text(0, 'a'), end]);
    expect(answer.stop_reason).toBe(expected);
  });

  test('a refusal is text with the reason refusal', async () => {
    const refusal = { ...message(), content: [{ type: 'refusal', refusal: 'I cannot.' }] };
    const refused = { type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'I cannot.' };
    for (const events of [[done(0, refusal)], [refused, done(0, refusal)]]) {
      const { message: answer } = await deliver([...events, completed()]);
      expect(answer).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: 'I cannot.' }] });
    }
  });

  test('usage excludes what the cache served, and is estimated when there is none', async () => {
    const { message: answer } = await deliver([text(0, 'a'), completed()]);
    expect(answer.usage).toMatchObject({ input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 7 });
    const silent = await deliver([text(0, 'abcdefgh'), completed([], { usage: null })]);
    expect(silent.message.usage.output_tokens).toBe(2);
    expect(silent.losses).toEqual(['approximated upstream reported no usage; estimated from lengths']);
  });

  test.each<[object, object]>([
    [
      { type: 'response.failed', response: { error: { code: 'server_error', message: 'it broke' } } },
      { type: 'api_error', message: 'it broke' },
    ],
    [
      { type: 'response.failed', response: { error: { code: 'rate_limit_exceeded', message: 'slow down' } } },
      { type: 'rate_limit_error', status: 429 },
    ],
    [
      { type: 'error', code: 'server_error', message: 'it broke', param: null },
      { type: 'api_error', message: 'it broke' },
    ],
    [{ type: 'error', error: { type: 'server_error', message: 'it broke' } }, { message: 'it broke' }],
    [
      {
        type: 'error',
        error: {
          code: 'context_length_exceeded',
          message: 'Your input exceeds the context window of this model. maximum context length is 1000 tokens',
        },
      },
      { type: 'invalid_request_error', message: expect.stringMatching(/^prompt is too long/) },
    ],
    [{ type: 'response.completed', response: response([], { status: 'cancelled' }) }, { status: 502 }],
  ])('%j is a failure in the middle of an answer', (event, expected) => {
    const events = [text(0, 'a'), event, completed()];
    const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), createDecodeContext());
    expect(decoder.failure()).toMatchObject(expected);
    expect(bytes.toString()).toMatch(/event: error\n/);
    expect(bytes.toString()).not.toMatch(/content_block_stop|message_stop/);
  });

  test('a marker of another format is no end', () => {
    const upstream = Buffer.concat([encodeResponsesStream([text(0, 'a')]), Buffer.from('data: [DONE]\n\n')]);
    expect(playResponsesStream(upstream, createDecodeContext()).decoder.isComplete()).toBe(false);
  });

  test.each([[null], ['x'], [{}], [{ output: 5 }], [{ status: 'failed', output: [] }], [{ error: { message: 'x' } }]])(
    'the whole answer %j is a failure',
    (body) => {
      expect(decodeResponse(body, createDecodeContext())).toMatchObject({ type: 'failed' });
    },
  );
});

interface Script {
  readonly items: readonly Item[];
  readonly pieceCharacters: number;
  /** Which item goes on next; every server interleaves as it likes. */
  readonly turns: readonly number[];
}

function itemEvents(item: Item, index: number, size: number): object[] {
  const cut = (whole: string) =>
    Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.slice(at * size, (at + 1) * size));
  if (item.type === 'function_call') {
    return [
      added(index, { ...item, arguments: '' }),
      ...cut(String(item['arguments'])).map((delta) => piece(index, delta)),
      done(index, item),
    ];
  }
  if (item.type === 'reasoning') {
    const thought = (delta: string) => ({
      type: 'response.reasoning_summary_text.delta',
      output_index: index,
      summary_index: 0,
      delta,
    });
    const [summary] = item['summary'] as { text: string }[];
    return [added(index, { ...item, summary: [] }), ...cut(summary?.text ?? '').map(thought), done(index, item)];
  }
  const parts = item['content'] as { text: string }[];
  return [
    added(index, { ...item, content: [] }),
    ...parts.flatMap((part, at) => cut(part.text).map((delta) => text(index, delta, at))),
    done(index, item),
  ];
}

/** Announces the items in order, as servers do, and mixes everything after that. */
function toEvents({ items, pieceCharacters, turns }: Script): object[] {
  const queues = items.map((item, index) => itemEvents(item, index, pieceCharacters));
  const events = queues.flatMap((queue) => queue.splice(0, 1));
  for (let at = 0; queues.some((queue) => queue.length > 0); at += 1) {
    const open = queues.filter((queue) => queue.length > 0);
    events.push(...(open[(turns[at % turns.length] ?? 0) % open.length]?.splice(0, 1) ?? []));
  }
  return [{ type: 'response.created', response: { model: 'upstream-model' } }, ...events, completed(items)];
}

const said = fc.string({ minLength: 1, unit: 'grapheme' });
const anyItem = fc.oneof(
  fc.array(said, { minLength: 1, maxLength: 3 }).map((texts) => message(...texts)),
  fc.record({ summary: said, encrypted: fc.string() }).map(
    ({ summary, encrypted }): Item => ({
      type: 'reasoning',
      id: 'rs',
      summary: [{ type: 'summary_text', text: summary }],
      encrypted_content: encrypted,
    }),
  ),
  fc
    .record({ id: fc.uuid(), input: fc.dictionary(fc.string(), fc.jsonValue()) })
    .map(({ id, input }) => call(id, JSON.stringify(input))),
);
const anyScript: fc.Arbitrary<Script> = fc.record({
  items: fc.array(anyItem, { minLength: 1, maxLength: 5 }),
  pieceCharacters: fc.integer({ min: 1, max: 9 }),
  turns: fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
});

test('a streamed answer is the same as the whole one, however its items are mixed', async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, async (script) => {
      const context = createDecodeContext();
      const whole = decodeResponse(response(script.items), context);
      if (whole.type !== 'decoded') throw new Error(whole.error.message);
      const { bytes, decoder } = playResponsesStream(encodeResponsesStream(toEvents(script)), context);
      const calls = script.items.filter(({ type }) => type === 'function_call');
      const toolInputs = calls.map((item): unknown => JSON.parse(String(item['arguments'])));
      const verdict = await judgeMessageStream(bytes, { wholeMessage: whole.message, toolInputs });
      expect(verdict.violations).toEqual([]);
      expect(decoder.message()).toEqual(whole.message);
      expect(decoder.losses()).toEqual(whole.losses);
    }),
    PROPERTY,
  );
});

test('the client gets the same bytes wherever the bytes of the upstream are cut', () => {
  const items = [message('Grüße 漢字'), call('c0', '{"漢":"ü"}'), call('c1', '{}')];
  const upstream = encodeResponsesStream(toEvents({ items, pieceCharacters: 3, turns: [2, 0, 1] }));
  const whole = playResponsesStream(upstream, createDecodeContext()).bytes;
  for (let cut = 1; cut < upstream.length; cut += 1) {
    expect(playResponsesStream(upstream, createDecodeContext(), [cut]).bytes.equals(whole)).toBe(true);
  }
});

test('no sequence of events throws, or closes more than once', () => {
  const value = fc.oneof(fc.constantFrom(null, '', 'x', 0, 1, '{}', '{"a":1}'), fc.jsonValue());
  const type = fc.constantFrom(
    'response.created',
    'response.output_item.added',
    'response.output_item.done',
    'response.content_part.done',
    'response.output_text.delta',
    'response.output_text.done',
    'response.refusal.done',
    'response.reasoning_summary_text.delta',
    'response.reasoning_text.delta',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.completed',
    'response.incomplete',
    'response.failed',
    'error',
    'response.unknown',
  );
  const item = fc.record(
    {
      type: fc.constantFrom('message', 'reasoning', 'function_call', 'other'),
      id: value,
      call_id: value,
      name: value,
      arguments: value,
      content: fc.oneof(value, fc.array(fc.record({ type: value, text: value }))),
      summary: fc.oneof(value, fc.array(fc.record({ text: value }))),
      encrypted_content: value,
    },
    { requiredKeys: ['type'] },
  );
  const event = fc.record(
    {
      type,
      output_index: value,
      content_index: value,
      summary_index: value,
      item_id: value,
      delta: value,
      text: value,
      arguments: value,
      item: fc.oneof(value, item),
      part: fc.oneof(value, fc.record({ type: value, text: value })),
      response: fc.oneof(value, fc.record({ output: fc.oneof(value, fc.array(item)), status: value, usage: value })),
      error: value,
    },
    { requiredKeys: ['type'] },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), createDecodeContext());
      expect(bytes.toString().match(/event: (?:message_stop|error)\n/g) ?? []).toHaveLength(1);
      expect(decoder.isComplete()).toBe(decoder.failure() === null);
    }),
    PROPERTY,
  );
});
