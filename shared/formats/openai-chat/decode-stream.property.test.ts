import fc from 'fast-check';
import { expect, test } from 'vitest';
import { call, finish, usage } from '../../testing/chat-script.ts';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { chatChunk, encodeChatStream, playChatStream } from '../../testing/play-chat-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalBody } from '../canonical.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';

test('the state is plain data: a decoder resumed from a copy goes on as the original', async () => {
  const chunks = [
    chatChunk({ content: 'a' }),
    call(0, { id: 'c0', name: 'read', args: '{"a"' }),
    call(1, { name: 'read', args: '{"b":2}' }),
    call(0, { args: ':1}' }),
    finish('tool_calls'),
    usage(),
  ];
  const context = createDecodeContext();
  const expected = playChatStream(encodeChatStream(chunks), context).decoder.message();
  let decoder = createStreamDecoder(context);
  for (const chunk of chunks) {
    decoder.push({ data: JSON.stringify(chunk) });
    decoder = createStreamDecoder(context, JSON.parse(JSON.stringify(decoder.state)));
  }
  decoder.push({ data: '[DONE]' });
  expect(decoder.message()).toEqual(expected);
});

/** An upstream answer: what a server says, in the order in which it streams it. */
interface Script {
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly { readonly id: string | undefined; readonly input: Record<string, unknown> }[];
  readonly reason: string;
}

const script: fc.Arbitrary<Script> = fc.record({
  reasoning: fc.constantFrom('', 'thinking Ünïcödé 😀'),
  text: fc.constantFrom('', 'answer 漢字 \n "quoted"'),
  calls: fc.array(
    fc.record({
      id: fc.constantFrom(undefined, 'call_a', 'call_b', 'bad id'),
      input: fc.dictionary(fc.constantFrom('path', 'n', 'q"', '漢'), fc.jsonValue() as fc.Arbitrary<unknown>, {
        maxKeys: 3,
      }),
    }),
    { maxLength: 4 },
  ),
  reason: fc.constantFrom('stop', 'tool_calls', 'length', 'content_filter'),
});

function pieces(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; start += size) parts.push(text.slice(start, start + size));
  return parts;
}

function toCalls(of: Script) {
  return of.calls.map(({ id, input }) => ({
    id,
    type: 'function',
    function: { name: 'tool', arguments: JSON.stringify(input) },
  }));
}

/** Streams a script in pieces of one size; parallel calls alternate when `interleaved`. */
function toChunks(of: Script, size: number, interleaved: boolean): object[] {
  const starts = toCalls(of).map(({ id, function: called }, index) => ({
    first: call(index, { ...(id === undefined ? {} : { id }), name: called.name, args: '' }),
    rest: pieces(called.arguments, size).map((args) => call(index, { args })),
  }));
  const rounds = Math.max(0, ...starts.map(({ rest }) => rest.length));
  const mixed = Array.from({ length: rounds }, (_, round) => starts.flatMap(({ rest }) => rest[round] ?? []));
  return [
    ...pieces(of.reasoning, size).map((reasoning_content) => chatChunk({ reasoning_content })),
    ...pieces(of.text, size).map((content) => chatChunk({ content })),
    ...(interleaved
      ? [...starts.map(({ first }) => first), ...mixed.flat()]
      : starts.flatMap(({ first, rest }) => [first, ...rest])),
    finish(of.reason),
    usage({ prompt_tokens_details: { cached_tokens: 40 } }),
  ];
}

const twoToolTurns: CanonicalBody['messages'] = [
  { role: 'user', content: 'q' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call_b', name: 'tool', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_b', content: 'x' }] },
];

test('any answer, streamed in any pieces and interleaving, is the message that the same answer gives whole', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (of, size, interleaved) => {
      const context = createDecodeContext({ messages: twoToolTurns });
      const whole = decodeResponse(
        {
          model: 'upstream-model',
          choices: [
            {
              index: 0,
              finish_reason: of.reason,
              message: {
                role: 'assistant',
                content: of.text,
                reasoning_content: of.reasoning,
                tool_calls: toCalls(of),
              },
            },
          ],
          usage: usage({ prompt_tokens_details: { cached_tokens: 40 } }).usage,
        },
        context,
      );
      if (whole.type !== 'decoded') throw new Error(whole.error.message);
      const { bytes, decoder } = playChatStream(encodeChatStream(toChunks(of, size, interleaved)), context);
      const toolInputs = of.calls.map(({ input }) => JSON.parse(JSON.stringify(input)));
      const verdict = await judgeMessageStream(bytes, { wholeMessage: whole.message, toolInputs });
      expect(verdict.violations).toEqual([]);
      expect(decoder.message()).toEqual(whole.message);
      expect(decoder.losses()).toEqual(whole.losses);
      const ids = ['call_b', ...whole.message.content.flatMap((block) => ('id' in block ? [block.id] : []))];
      expect(new Set(ids).size).toBe(ids.length);
    }),
    PROPERTY,
  );
});

test('the client gets the same bytes wherever the bytes of the upstream are cut', () => {
  const of: Script = {
    reasoning: 'hm 😀',
    text: 'Grüße 漢字',
    calls: [
      { id: 'a', input: { 漢: 'ü' } },
      { id: undefined, input: {} },
    ],
    reason: 'tool_calls',
  };
  const upstream = encodeChatStream(toChunks(of, 5, true));
  const context = createDecodeContext();
  const whole = playChatStream(upstream, context).bytes;
  for (let cut = 1; cut < upstream.length; cut += 1)
    expect(playChatStream(upstream, context, [cut]).bytes.equals(whole)).toBe(true);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: upstream.length - 1 }), { maxLength: 40 }), (cuts) => {
      expect(playChatStream(upstream, context, cuts).bytes.equals(whole)).toBe(true);
    }),
  );
});

test('no sequence of chunks throws, or closes more than once', () => {
  const value = fc.oneof(fc.constantFrom(null, '', 'x', 0, '{}', '{"a":1}'), fc.jsonValue());
  const delta = fc.record(
    {
      content: value,
      reasoning_content: value,
      refusal: value,
      tool_calls: fc.oneof(
        value,
        fc.array(
          fc.record({
            index: value,
            id: value,
            function: fc.oneof(value, fc.record({ name: value, arguments: value })),
          }),
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const chunk = fc.oneof(
    value,
    fc.record(
      {
        choices: fc.oneof(value, fc.array(fc.record({ delta: fc.oneof(value, delta), finish_reason: value }))),
        usage: value,
        model: value,
      },
      { requiredKeys: [] },
    ),
    delta.map((content) => chatChunk(content)),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), fc.boolean(), (chunks, isDone) => {
      const { bytes, decoder } = playChatStream(
        encodeChatStream(chunks as object[], { isDone }),
        createDecodeContext(),
      );
      const closings = bytes.toString().match(/event: (?:message_stop|error)\n/g) ?? [];
      expect(closings).toHaveLength(1);
      expect(decoder.isComplete()).toBe(decoder.failure() === null);
    }),
    PROPERTY,
  );
});
