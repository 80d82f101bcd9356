import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageEvents } from '../../testing/message-events.ts';
import { readResponse, readResponseStream } from '../../testing/openai-client-oracle.ts';
import { playResponsesStream } from '../../testing/play-responses-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalContentBlock, CanonicalMessage, CanonicalStreamEvent } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import type { AnswerContext } from '../format.ts';
import { openaiResponsesClient as client, openaiResponsesUpstream as upstream } from './format.ts';
import { encodeReasoningSignature } from './reasoning-signature.ts';

const context: AnswerContext = {
  callId: '01890a5d-ac96-774b-bcce-b302099a8057',
  nowSeconds: 1_790_000_000,
  request: {
    body: { model: 'claude-test', messages: [{ role: 'user', content: 'question' }] },
    extras: {},
    clientOptions: {
      customTools: ['patch'],
      echo: { instructions: 'Be brief.', metadata: { a: 'b' }, temperature: 0.5 },
    },
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
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 3,
      output_tokens_details: { thinking_tokens: 4 },
    },
    ...more,
  };
}

function streamBytes(events: readonly CanonicalStreamEvent[]): Buffer {
  const encoder = client.createStreamEncoder(context);
  return Buffer.from(events.map((event) => encoder.encode(event)).join(''));
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, held: unknown) =>
    // What the client adds for parsed output.
    key === 'parsed' || key === 'parsed_arguments' || key === 'output_parsed' ? undefined : held,
  );

/** The answer as OpenAI's client reads it, whole and streamed; both have to be the same. */
async function readBoth(message: CanonicalMessage) {
  const whole = await readResponse(client.encodeResponse(message, context).body);
  const streamed = await readResponseStream(streamBytes(messageEvents(message)));
  if (whole.type === 'refused') throw whole.error;
  if (streamed.type === 'refused') throw streamed.error;
  expect(plain(streamed.answer.response)).toEqual(plain(whole.answer));
  return { response: whole.answer, events: streamed.answer.events };
}

const text = (value: string): CanonicalContentBlock => ({ type: 'text', text: value });
const thinking = (value: string, signature = ''): CanonicalContentBlock => ({
  type: 'thinking',
  thinking: value,
  signature,
});
const use = (id: string, input: unknown): CanonicalContentBlock => ({ type: 'tool_use', id, name: 'read', input });

describe('an answer for a Responses client', () => {
  test('is a response object with its items in order', async () => {
    const { response } = await readBoth(answer([thinking('hm', 'sig=='), text('Reading.'), use('a', { p: 1 })]));
    expect(response).toMatchObject({
      id: 'resp_abc',
      object: 'response',
      created_at: 1_790_000_000,
      status: 'completed',
      model: 'served-model',
      output_text: 'Reading.',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      temperature: 0.5,
      store: false,
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sig==' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Reading.' }] },
        { type: 'function_call', call_id: 'a', name: 'read', arguments: '{"p":1}', status: 'completed' },
      ],
      usage: {
        input_tokens: 8,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 17,
      },
    });
  });

  test('has calls of tools of free text as such, whole and streamed', async () => {
    const patch: CanonicalContentBlock = {
      type: 'tool_use',
      id: 'p',
      name: 'patch',
      input: { input: '*** "Begin"\n' },
    };
    const { response, events } = await readBoth(answer([patch, { ...patch, id: 'q', input: {} }]));
    expect(response.output).toMatchObject([
      { type: 'custom_tool_call', call_id: 'p', name: 'patch', input: '*** "Begin"\n' },
      { type: 'custom_tool_call', call_id: 'q', input: '{}' },
    ]);
    expect(events.map(({ type }) => type)).toContain('response.custom_tool_call_input.done');
  });

  test('shows searches of the server, and what it found in the text alone', async () => {
    const searched = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } };
    const found = { type: 'web_search_tool_result', tool_use_id: 's', content: [] };
    const content = [searched, found, text('Found.')] as CanonicalContentBlock[];
    const { response, events } = await readBoth(answer(content));
    expect(response.output).toMatchObject([
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'q' } },
      { type: 'message' },
    ]);
    expect(events.map(({ type }) => type)).toContain('response.web_search_call.searching');
    expect(client.encodeResponse(answer(content), context).losses).toEqual([]);
  });

  test('streams with numbered events that refer to the item that is open', async () => {
    const { events } = await readBoth(answer([thinking('hm'), text('Reading some files.'), use('a', {})]));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const counted = new Map<string, number>();
    for (const { type } of events) counted.set(type, (counted.get(type) ?? 0) + 1);
    expect(Object.fromEntries(counted)).toEqual({
      'response.created': 1,
      'response.in_progress': 1,
      'response.output_item.added': 3,
      'response.reasoning_summary_part.added': 1,
      'response.reasoning_summary_text.delta': 1,
      'response.reasoning_summary_text.done': 1,
      'response.reasoning_summary_part.done': 1,
      'response.content_part.added': 1,
      'response.output_text.delta': 3,
      'response.output_text.done': 1,
      'response.content_part.done': 1,
      'response.function_call_arguments.delta': 1,
      'response.function_call_arguments.done': 1,
      'response.output_item.done': 3,
      'response.completed': 1,
    });
  });

  test.each([
    ['end_turn', 'completed', null],
    ['max_tokens', 'incomplete', { reason: 'max_output_tokens' }],
    ['model_context_window_exceeded', 'incomplete', { reason: 'max_output_tokens' }],
    ['refusal', 'incomplete', { reason: 'content_filter' }],
  ] as const)('that stopped for %s is %s', async (stop_reason, status, details) => {
    const { response } = await readBoth(answer([text('x')], { stop_reason }));
    expect(response).toMatchObject({ status, incomplete_details: details });
  });

  test('says what it lost, whole and streamed alike', () => {
    const message = answer([{ type: 'redacted_thinking', data: 'x' }, text('a')], {
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    const { losses } = client.encodeResponse(message, context);
    const encoder = client.createStreamEncoder(context);
    for (const event of messageEvents(message)) encoder.encode(event);
    expect(losses.map(({ pointer }) => pointer)).toEqual(['/content/0', '/stop_sequence']);
    expect(encoder.losses()).toEqual(losses);
  });

  test('is the same streamed as whole, and says to the other side of the format what it said', async () => {
    const block = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }).map(text),
      fc.tuple(fc.string(), fc.string({ minLength: 1 })).map(([thought, signature]) => thinking(thought, signature)),
      fc
        .tuple(fc.uuid(), fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([id, input]) => use(id, JSON.parse(JSON.stringify(input)))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 5 }), async (content) => {
        const message = answer(content);
        await readBoth(message);
        const bytes = streamBytes(messageEvents(message));
        const { decoder } = playResponsesStream(bytes, createDecodeContext());
        const unsigned = (of: readonly CanonicalContentBlock[]): unknown =>
          of.map((part) => (part.type === 'thinking' ? { ...part, signature: '' } : part));
        expect(decoder.losses()).toEqual([]);
        expect(unsigned(decoder.message()?.content ?? [])).toEqual(unsigned(content));
        expect(decoder.message()).toMatchObject({ usage: message.usage, stop_reason: message.stop_reason });
      }),
      PROPERTY,
    );
  });

  test('gives reasoning to the client so that it comes back to the model that wrote it', async () => {
    const signature = encodeReasoningSignature({ model: 'gpt-test', id: 'rs_1', encryptedContent: 'gAAA==' });
    const { response } = await readBoth(answer([thinking('hm', signature), use('a', {})]));
    const input = [
      { role: 'user', content: 'question' },
      ...(plain(response.output) as object[]),
      { type: 'function_call_output', call_id: 'a', output: 'done' },
    ];
    const decoded = client.decodeRequest({ model: 'gpt-test', input });
    if (decoded.type === 'rejected') throw new Error(decoded.error.message);
    const target = createEncodeTarget({ model: 'gpt-test', supportsReasoningEffort: true });
    const encoded = upstream.encodeRequest(decoded.canonical, target);
    expect(encoded.losses).toEqual([]);
    expect(encoded.body).toMatchObject({
      input: [
        {},
        { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA==', summary: [{ text: 'hm' }] },
        { type: 'function_call', call_id: 'a' },
        { type: 'function_call_output', call_id: 'a' },
      ],
    });
  });
});

describe('a stream for a Responses client', () => {
  test('that breaks off raises the error, and never looks like an end', async () => {
    const events = messageEvents(answer([text('half of')])).slice(0, 3);
    const broken = streamBytes([...events, { type: 'error', error: { type: 'api_error', message: 'it broke' } }]);
    expect(broken.toString()).not.toMatch(/response\.completed|output_item\.done/);
    const read = await readResponseStream(broken);
    expect(read).toMatchObject({ type: 'refused', error: { message: expect.stringMatching(/it broke/) } });
  });

  test('keeps arguments that do not parse as the text they are', async () => {
    const [start, open] = messageEvents(answer([use('a', {})]));
    const bytes = streamBytes([
      start!,
      open!,
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"p":' } },
      ...messageEvents(answer([use('a', {})])).slice(3),
    ]);
    const read = await readResponseStream(bytes);
    expect(read).toMatchObject({ type: 'read', answer: { response: { output: [{ arguments: '{"p":' }] } } });
  });

  test('takes pings as comments', async () => {
    const [start, ...rest] = messageEvents(answer([text('a')]));
    const read = await readResponseStream(streamBytes([start!, { type: 'ping' }, ...rest]));
    expect(read).toMatchObject({ type: 'read', answer: { response: { output_text: 'a' } } });
  });
});
