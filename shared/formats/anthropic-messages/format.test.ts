import { describe, expect, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { createSseParser } from '../../upstream/sse.ts';
import type { CanonicalBody, CanonicalStreamEvent } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { encodeStreamEvent } from './encode-stream-event.ts';
import { anthropicMessagesClient as client, anthropicMessagesUpstream as upstream } from './format.ts';
import { createStreamObserver } from './observe-stream.ts';
import { patchRequestBody } from './patch-request-body.ts';

const question = { role: 'user' as const, content: 'question' };
const minimal = { model: 'claude-test', messages: [question], max_tokens: 10 };

describe('a Messages request', () => {
  test('passes with everything in it that is not known', () => {
    const body = {
      ...minimal,
      context_management: { edits: [] },
      brand_new: { a: 1 },
      messages: [
        question,
        { role: 'system', content: 'note' },
        { role: 'user', content: [{ type: 'hologram', data: 1 }] },
      ],
      tools: [
        { type: 'web_search_20250305', name: 'web_search' },
        { name: 't', input_schema: {}, defer_loading: true },
      ],
    };
    const decoded = client.decodeRequest(body);
    expect(decoded).toEqual({ type: 'decoded', canonical: { body, extras: {} }, losses: [] });
  });

  test('fields set to null are as good as absent', () => {
    const decoded = client.decodeRequest({
      ...minimal,
      system: null,
      tools: null,
      stop_sequences: null,
      unknown: null,
    });
    expect(decoded).toMatchObject({ canonical: { body: { ...minimal, unknown: null } } });
    expect(decoded.type === 'decoded' && 'system' in decoded.canonical.body).toBe(false);
  });

  test.each<[unknown, RegExp]>([
    ['text', /JSON object/],
    [{ ...minimal, model: '' }, /^model/],
    [{ ...minimal, messages: [] }, /^messages: at least one/],
    [{ ...minimal, messages: 'hi' }, /^messages/],
    [{ ...minimal, messages: [{ role: 'tool', content: 'x' }] }, /^messages\.0\.role/],
    [{ ...minimal, messages: [question, { role: 'user' }] }, /^messages\.1\.content/],
    [{ ...minimal, messages: [{ role: 'user', content: [{ type: 'text' }] }] }, /^messages\.0\.content\.0\.text/],
    [{ ...minimal, messages: [{ role: 'user', content: [null] }] }, /^messages\.0\.content\.0/],
    [{ ...minimal, messages: [{ role: 'user', content: [{ type: 'image' }] }] }, /source/],
    [{ ...minimal, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 5 }] }] }, /tool_use_id/],
    [
      {
        ...minimal,
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text' }] }] }],
      },
      /^messages\.0\.content\.0\.content\.0\.text/,
    ],
    [{ ...minimal, system: [{ type: 'text' }] }, /^system\.0\.text/],
    [{ ...minimal, system: 5 }, /^system/],
    [{ ...minimal, tools: {} }, /^tools/],
    [{ ...minimal, tools: [{ input_schema: {} }] }, /^tools\.0\.name/],
    [{ ...minimal, tool_choice: 'auto' }, /^tool_choice/],
    [{ ...minimal, stop_sequences: [1] }, /^stop_sequences\.0/],
    [{ ...minimal, max_tokens: 0 }, /^max_tokens/],
  ])('is refused with the place of its fault: %j', (body, wording) => {
    const decoded = client.decodeRequest(body);
    expect(decoded).toMatchObject({ type: 'rejected', error: { type: 'invalid_request_error', status: 400 } });
    expect(decoded.type === 'rejected' && decoded.error.message).toMatch(wording);
  });

  test('of a thread is refused in the way that makes SDKs send the whole conversation', () => {
    for (const thread of [{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }]) {
      const decoded = client.decodeRequest({ ...minimal, thread });
      if (decoded.type !== 'rejected') throw new Error('a thread was accepted');
      expect(client.encodeError(decoded.error, 'call-1')).toMatchObject({
        status: 400,
        body: {
          type: 'error',
          error: {
            type: 'invalid_request_error',
            details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
          },
        },
      });
    }
  });
});

describe('errors towards the client', () => {
  test('carry the retry advice as headers, and the id of the call', () => {
    const error = {
      type: 'rate_limit_error',
      message: 'slow',
      status: 429,
      retryable: true,
      retryAfterSeconds: 1.2,
      shouldRetry: false,
    } as const;
    expect(client.encodeError(error, 'call-1')).toEqual({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '2', 'x-should-retry': 'false' },
      body: { type: 'error', error: { type: 'rate_limit_error', message: 'slow' }, request_id: 'call-1' },
    });
  });

  test.each([
    [
      400,
      { error: { type: 'invalid_request_error', message: 'messages.1.content.0: thinking blocks cannot be modified' } },
      {},
      { status: 400, message: 'messages.1.content.0: thinking blocks cannot be modified' },
    ],
    [
      400,
      { error: { message: 'prompt is too long: 210000 tokens > 200000 maximum' } },
      {},
      { message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    ],
    [401, { error: { message: 'invalid x-api-key' } }, {}, { status: 502, configurationFault: true }],
    [
      529,
      { error: { type: 'overloaded_error', message: 'Overloaded' } },
      { 'x-should-retry': 'true', 'retry-after': '3' },
      { type: 'overloaded_error', status: 529, shouldRetry: true, retryAfterSeconds: 3 },
    ],
    [400, { error: { message: 'm', details: { error_code: 'x' } } }, {}, { details: { error_code: 'x' } }],
    [502, '<html></html>', {}, { type: 'api_error', status: 502 }],
  ])('an upstream %i %j %j keeps wording, details and advice', (status, body, headers, expected) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(upstream.decodeError(status, headers as Record<string, string>, text, { nowSeconds: 0 })).toMatchObject(
      expected,
    );
  });
});

describe('stream events', () => {
  const events: CanonicalStreamEvent[] = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 5, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig==' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Zeile\n"漢字" \u2028' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'read', input: {} } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '1}' } },
    { type: 'content_block_stop', index: 2 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ];
  const wire = Buffer.from(events.map(encodeStreamEvent).join(''));
  const parsed = () => {
    const parser = createSseParser();
    return [...parser.push(wire), ...parser.end()];
  };

  test('are written so that they read back the same, under their own names', () => {
    expect(parsed().map((event) => JSON.parse(event.data))).toEqual(events);
    expect(parsed().map((event) => event.event)).toEqual(events.map((event) => event.type));
  });

  test('of an Anthropic upstream are handed on unchanged, and observed into the message', () => {
    const decoder = upstream.createStreamDecoder(createDecodeContext());
    expect(parsed().flatMap((event) => decoder.push(event))).toEqual(events);
    expect(decoder.end()).toEqual([]);
    expect(decoder.isComplete()).toBe(true);
    expect(decoder.message()).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig==' },
        { type: 'text', text: 'Zeile\n"漢字" \u2028' },
        { type: 'tool_use', id: 't', name: 'read', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, output_tokens: 9 },
    });
  });

  test('that stop short are known to be incomplete', () => {
    const observer = createStreamObserver(createDecodeContext());
    for (const event of parsed().slice(0, -1)) observer.observe(event);
    expect(observer.isComplete()).toBe(false);
    observer.end();
    expect(observer.failure()).toMatchObject({ type: 'api_error', message: expect.stringMatching(/ended before/) });
    expect(observer.message()?.content).toHaveLength(3);
  });

  test('of an error are the end, and keep their type', () => {
    const observer = createStreamObserver(createDecodeContext());
    observer.observe({
      event: 'error',
      data: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    });
    expect(observer.failure()).toMatchObject({ type: 'overloaded_error', message: 'Overloaded' });
  });

  test.each([
    '{',
    '5',
    '{"type":"message_start"}',
    '{"type":"content_block_delta","index":0}',
    '{"type":"new_kind","x":1}',
    '{"type":"content_block_start","index":900000000,"content_block":{"type":"text","text":""}}',
  ])('never make the observer throw: %s', (data) => {
    for (const before of [[], parsed().slice(0, 1), parsed().slice(0, 2)]) {
      const observer = createStreamObserver(createDecodeContext());
      for (const event of before) observer.observe(event);
      observer.observe({ data });
      observer.end();
      expect(observer.isComplete()).toBe(false);
      expect(observer.message()?.content ?? []).toHaveLength(Math.max(0, before.length - 1));
    }
  });
});

describe('a request for an Anthropic upstream', () => {
  const signed = { type: 'thinking' as const, thinking: 'hm', signature: 'sig==' };
  const unsigned = { type: 'thinking' as const, thinking: 'other', signature: '' };
  const body: CanonicalBody = {
    ...minimal,
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc;' },
      { type: 'text', text: 'Real.', cache_control: { type: 'ephemeral' } },
    ],
  };

  test('that needs no change is the very same object, so that its bytes can be forwarded', () => {
    expect(patchRequestBody(body, { model: 'claude-test' }).body).toBe(body);
  });

  test('gets model and prefix and keeps everything else', () => {
    const patched = patchRequestBody(body, { model: 'claude-other', prefix: 'PREFIX' }).body;
    const [billing, real] = body.system as object[];
    expect(patched).toEqual({
      ...body,
      model: 'claude-other',
      system: [billing, { type: 'text', text: 'PREFIX' }, real],
    });
    expect(patched.messages).toBe(body.messages);
  });

  test('loses reasoning that another model wrote, and only that', () => {
    const messages: CanonicalBody['messages'] = [
      question,
      { role: 'assistant', content: [unsigned, { type: 'text', text: 'a' }] },
      question,
      { role: 'assistant', content: [unsigned] },
      question,
      { role: 'assistant', content: [signed, { type: 'text', text: 'b' }] },
      question,
    ];
    const encoded = upstream.encodeRequest(
      { body: { ...body, messages }, extras: {} },
      createEncodeTarget({ model: 'claude-other', maxOutputTokens: 5 }),
    );
    expect(encoded.body).toMatchObject({
      model: 'claude-other',
      max_tokens: 5,
      messages: [
        question,
        { content: [{ type: 'text', text: 'a' }] },
        question,
        question,
        { content: [signed, { type: 'text' }] },
        question,
      ],
    });
    expect(encoded.losses.map(({ kind, pointer, count }) => [kind, pointer, count])).toEqual([
      ['dropped', '/messages/1/content/0', 2],
      ['clamped', '/max_tokens', undefined],
    ]);
  });
});

test('reasoning that another vendor encrypted never reaches Anthropic', () => {
  const foreign = { type: 'thinking' as const, thinking: 'hm', signature: 'openai-reasoning:WyJnc' };
  const messages: CanonicalBody['messages'] = [
    question,
    { role: 'assistant', content: [foreign, { type: 'text', text: 'a' }] },
    question,
  ];
  const { body, losses } = patchRequestBody({ ...minimal, messages }, { model: 'claude-test' });
  expect(body.messages[1]).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'a' }] });
  expect(losses).toMatchObject([{ kind: 'dropped', pointer: '/messages/1/content/0' }]);
});

test.each([
  [undefined, undefined, 8_192],
  [undefined, 4_096, 4_096],
  [100, undefined, 100],
])('a limit of %s for a model that gives %s is %i', (max_tokens, maxOutputTokens, expected) => {
  const { max_tokens: _limit, ...body } = { ...minimal, temperature: 1.5 };
  const encoded = upstream.encodeRequest(
    { body: max_tokens === undefined ? body : { ...body, max_tokens }, extras: {} },
    createEncodeTarget({ model: 'claude-test', maxOutputTokens }),
  );
  expect(encoded.body).toMatchObject({ max_tokens: expected, temperature: 1 });
  const limits = max_tokens === undefined ? ['repaired /max_tokens'] : [];
  expect(encoded.losses.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([...limits, 'clamped /temperature']);
});

test.each<[unknown, object]>([
  [
    { type: 'message', content: [{ type: 'text', text: 'a' }], usage: { input_tokens: 1 }, stop_reason: 'end_turn' },
    { type: 'decoded', upstreamStopReason: 'end_turn' },
  ],
  [
    { type: 'error', error: { type: 'overloaded_error', message: 'x' } },
    { type: 'failed', error: { type: 'overloaded_error' } },
  ],
  [{ content: 'a' }, { type: 'failed' }],
  [null, { type: 'failed' }],
])('the whole answer %j is taken for what it is', (body, expected) => {
  expect(upstream.decodeResponse(body, createDecodeContext())).toMatchObject(expected);
});
