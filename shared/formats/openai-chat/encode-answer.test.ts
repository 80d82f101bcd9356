import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { messageEvents } from '../../testing/message-events.ts';
import { readChatCompletion, readChatStream, readError } from '../../testing/openai-client-oracle.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalContentBlock, CanonicalMessage, CanonicalStreamEvent } from '../canonical.ts';
import type { AnswerContext } from '../format.ts';
import { decodeResponse } from './decode-response.ts';
import { openaiChatClient as client } from './format.ts';

const context: AnswerContext = {
  callId: '01890a5d-ac96-774b-bcce-b302099a8057',
  nowSeconds: 1_790_000_000,
  request: {
    body: { model: 'claude-test', messages: [{ role: 'user', content: 'question' }] },
    extras: {},
    clientOptions: { includeUsage: true },
  },
};

function answer(content: CanonicalContentBlock[], more: Partial<CanonicalMessage> = {}): CanonicalMessage {
  const hasCall = content.some(({ type }) => type === 'tool_use');
  return {
    id: 'msg_abc',
    type: 'message',
    role: 'assistant',
    model: 'served-model',
    content,
    stop_reason: hasCall ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: 5,
      output_tokens: 9,
      cache_creation_input_tokens: 2,
      cache_read_input_tokens: 3,
      output_tokens_details: { thinking_tokens: 4 },
    },
    ...more,
  };
}

function streamBytes(events: readonly CanonicalStreamEvent[], of: AnswerContext = context): Buffer {
  const encoder = client.createStreamEncoder(of);
  return Buffer.from(events.map((event) => encoder.encode(event)).join(''));
}

/** The answer as OpenAI's client reads it, whole and streamed; both have to be the same. */
async function readBoth(message: CanonicalMessage) {
  const whole = await readChatCompletion(client.encodeResponse(message, context).body);
  const bytes = streamBytes(messageEvents(message));
  const streamed = await readChatStream(bytes);
  if (whole.type === 'refused') throw whole.error;
  if (streamed.type === 'refused') throw streamed.error;
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const [of] = streamed.answer.choices;
  // The client's own additions for parsed output.
  const { parsed: _parsed, ...said } = (of?.message ?? {}) as unknown as Record<string, unknown>;
  const calls = (said['tool_calls'] as { function: Record<string, unknown> }[] | undefined)?.map((call) => {
    const { parsed_arguments: _arguments, ...called } = call.function;
    return { ...call, function: called };
  });
  const message_ = { ...said, ...(calls === undefined ? {} : { tool_calls: calls }) };
  const again = { ...streamed.answer, choices: [{ ...of, message: message_ }] };
  expect(plain(normalise(again))).toEqual(plain(normalise(whole.answer)));
  const [choice] = whole.answer.choices as unknown as { message: Record<string, unknown> }[];
  expect(streamedReasoning(bytes)).toBe(choice?.message['reasoning_content'] ?? '');
  return whole.answer;
}

/** A stream says no content as an empty text; pieces of reasoning the client does not put together. */
function normalise(completion: unknown): unknown {
  return JSON.parse(JSON.stringify(completion), (key, value: unknown) =>
    (key === 'content' && value === '') || key === 'reasoning_content' || value === null ? undefined : value,
  );
}

/** The reasoning of a stream, as clients that know the field collect it. */
function streamedReasoning(bytes: Buffer): string {
  // Split by line feeds alone: JSON leaves other line separators as they are, and a pattern would stop at them.
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('data: {'));
  const chunks = lines.map((line) => JSON.parse(line.slice(6)) as { choices: { delta: Record<string, unknown> }[] });
  return chunks.map(({ choices }) => choices[0]?.delta['reasoning_content'] ?? '').join('');
}

const text = (value: string): CanonicalContentBlock => ({ type: 'text', text: value });
const use = (id: string, input: unknown): CanonicalContentBlock => ({ type: 'tool_use', id, name: 'read', input });

describe('an answer for a Chat Completions client', () => {
  test('has calls of tools of free text as such, whole and streamed', async () => {
    const custom: AnswerContext = {
      ...context,
      request: { ...context.request, clientOptions: { customTools: ['patch'] } },
    };
    const patch: CanonicalContentBlock = {
      type: 'tool_use',
      id: 'p',
      name: 'patch',
      input: { input: '*** "Begin"\n' },
    };
    const message = answer([patch]);
    const call = { id: 'p', type: 'custom', custom: { name: 'patch', input: '*** "Begin"\n' } };
    expect(client.encodeResponse(message, custom).body).toMatchObject({
      choices: [{ message: { tool_calls: [call] } }],
    });
    const deltas = streamBytes(messageEvents(message), custom)
      .toString()
      .split('\n\n')
      .filter((event) => event.includes('tool_calls":['))
      .map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta.tool_calls[0]);
    expect(deltas).toEqual([
      { index: 0, id: 'p', type: 'custom', custom: { name: 'patch', input: '' } },
      { index: 0, custom: { input: '*** "Begin"\n' } },
    ]);
  });

  test('has text, reasoning, calls, finish and usage where clients look for them', async () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: '' } as const;
    const completion = await readBoth(answer([thinking, text('Reading.'), use('a', { p: 1 }), use('b', {})]));
    expect(completion).toMatchObject({
      id: 'chatcmpl-abc',
      object: 'chat.completion',
      created: 1_790_000_000,
      model: 'served-model',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Reading.',
            reasoning_content: 'hm',
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'read', arguments: '{"p":1}' } },
              { id: 'b', type: 'function', function: { name: 'read', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 9,
        total_tokens: 19,
        prompt_tokens_details: { cached_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    });
  });

  test('of a call alone has no content', () => {
    const { body } = client.encodeResponse(answer([use('a', {})]), context);
    expect(body).toMatchObject({ choices: [{ message: { content: null } }] });
  });

  test('keeps arguments that do not parse as the text they are', () => {
    const broken = { __unparsedToolInput: { raw: '{"p":', len: 5 } };
    const { body } = client.encodeResponse(answer([use('a', broken)]), context);
    expect(body).toMatchObject({ choices: [{ message: { tool_calls: [{ function: { arguments: '{"p":' } }] } }] });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'stop'],
  ] as const)('that stopped for %s finishes with %s', async (reason, expected) => {
    const completion = await readBoth(answer([text('x')], { stop_reason: reason }));
    expect(completion).toMatchObject({ choices: [{ finish_reason: expected }] });
  });

  test('says what it lost, whole and streamed alike', () => {
    const message = answer(
      [{ type: 'thinking', thinking: 'hm', signature: 'sig' }, { type: 'redacted_thinking', data: 'x' }, text('a')],
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    );
    const { losses } = client.encodeResponse(message, context);
    const encoder = client.createStreamEncoder(context);
    for (const event of messageEvents(message)) encoder.encode(event);
    expect(losses.map(({ pointer }) => pointer)).toEqual(['/content/0/signature', '/content/1', '/stop_sequence']);
    expect(encoder.losses()).toEqual(losses);
  });

  test('reports usage in the stream only to a client that asked for it', () => {
    const events = messageEvents(answer([text('a')]));
    const silent = { ...context, request: { ...context.request, clientOptions: { includeUsage: false } } };
    expect(streamBytes(events).toString()).toMatch(/"usage":\{"prompt_tokens":10/);
    expect(streamBytes(events, silent).toString()).not.toMatch(/usage/);
    expect(streamBytes(events, silent).toString()).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('is the same streamed as whole, whatever it holds', async () => {
    const block = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }).map(text),
      fc
        .string({ minLength: 1 })
        .map((thinking): CanonicalContentBlock => ({ type: 'thinking', thinking, signature: '' })),
      fc
        .tuple(fc.uuid(), fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([id, input]) => use(id, JSON.parse(JSON.stringify(input)))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 5 }), async (content) => {
        const message = answer(content);
        const completion = await readBoth(message);
        // What the client got says, read by the other side of the same format, what the message said.
        const decoded = decodeResponse(JSON.parse(JSON.stringify(completion)), createDecodeContext());
        if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
        const said = (kind: string, of: readonly CanonicalContentBlock[]): unknown =>
          of.flatMap((part) => (part.type === kind ? [part] : []));
        expect(said('tool_use', decoded.message.content)).toEqual(said('tool_use', content));
        expect(decoded.message.usage).toEqual({ ...message.usage, input_tokens: 7, cache_creation_input_tokens: 0 });
      }),
      PROPERTY,
    );
  });
});

describe('failures towards a Chat Completions client', () => {
  const failure = (more: Partial<ApiError>): ApiError => ({
    type: 'api_error',
    message: 'it broke',
    status: 500,
    retryable: true,
    ...more,
  });

  test('in a stream are raised by the client, and never look like an end', async () => {
    const events = messageEvents(answer([text('half of')])).slice(0, 3);
    const broken = streamBytes([...events, { type: 'error', error: { type: 'api_error', message: 'it broke' } }]);
    expect(broken.toString()).not.toMatch(/\[DONE\]|finish_reason":"/);
    const read = await readChatStream(broken);
    expect(read).toMatchObject({ type: 'refused', error: { message: expect.stringMatching(/it broke/) } });
  });

  test.each([
    [failure({ type: 'invalid_request_error', status: 400 }), OpenAI.BadRequestError, { code: null }],
    [failure({ type: 'authentication_error', status: 401 }), OpenAI.AuthenticationError, { code: 'invalid_api_key' }],
    [failure({ type: 'not_found_error', status: 404 }), OpenAI.NotFoundError, { code: 'model_not_found' }],
    [failure({ type: 'rate_limit_error', status: 429 }), OpenAI.RateLimitError, { code: 'rate_limit_exceeded' }],
    [failure({ type: 'overloaded_error', status: 529 }), OpenAI.InternalServerError, { status: 503 }],
    [
      failure({
        type: 'invalid_request_error',
        status: 400,
        message: 'prompt is too long: 210000 tokens > 200000 maximum',
      }),
      OpenAI.BadRequestError,
      { code: 'context_length_exceeded' },
    ],
  ])('%j is the error that the client has for it', async (error, kind, expected) => {
    const raised = await readError(client.encodeError(error, 'call-1'));
    expect(raised).toBeInstanceOf(kind);
    expect(raised).toMatchObject({ ...expected, requestID: 'call-1' });
    expect(raised.message).toContain(error.message);
  });

  test('carry the retry advice', () => {
    const error = failure({ status: 429, type: 'rate_limit_error', retryAfterSeconds: 1.2, shouldRetry: true });
    expect(client.encodeError(error, 'c').headers).toMatchObject({ 'retry-after': '2', 'x-should-retry': 'true' });
  });

  test('a ping is a comment, which clients pass over', async () => {
    const [start, ...rest] = messageEvents(answer([text('a')]));
    const read = await readChatStream(streamBytes([start!, { type: 'ping' }, ...rest]));
    expect(read).toMatchObject({ type: 'read', answer: { choices: [{ message: { content: 'a' } }] } });
  });
});
