import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  args,
  context,
  deliver,
  finish,
  metadata,
  reasoning,
  start,
  stop,
  text,
  tool,
} from '../../testing/converse-script.ts';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { type ConverseEvent, encodeConverseStream, playConverseStream } from '../../testing/play-converse-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** An answer as both forms of the API give it. */
const blockArbitrary = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }) }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.string({ minLength: 1 }),
    signature: fc.base64String(),
  }),
  fc.record({
    type: fc.constant('tool' as const),
    name: fc.constantFrom('read', 'write'),
    id: fc.stringMatching(/^tooluse_[A-Za-z0-9]{4}$/),
    input: fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  }),
);
type Block = typeof blockArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const toWhole = (block: Block): object =>
  block.type === 'text'
    ? { text: block.text }
    : block.type === 'tool'
      ? { toolUse: { toolUseId: block.id, name: block.name, input: block.input } }
      : { reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } };

function toEvents(block: Block, index: number): ConverseEvent[] {
  if (block.type === 'tool') {
    const json = JSON.stringify(block.input);
    const middle = json.length >> 1;
    return [
      tool(index, block.id, block.name),
      args(index, json.slice(0, middle)),
      args(index, json.slice(middle)),
      stop(index),
    ];
  }
  const points = [...block.text];
  const pieces = [points.slice(0, 1).join(''), points.slice(1).join('')];
  if (block.type === 'text') return [...pieces.map((piece) => text(index, piece)), stop(index)];
  return [
    ...pieces.map((piece) => reasoning(index, { text: piece })),
    reasoning(index, { signature: block.signature }),
    stop(index),
  ];
}

describe('whatever the answer', () => {
  test('the stream passes the oracle, equals the whole answer, and does not depend on where its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(blockArbitrary, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(3000), { maxLength: 6 }),
        async (blocks, cuts) => {
          const stopReason = blocks.some((block) => block.type === 'tool') ? 'tool_use' : 'end_turn';
          const usage = { inputTokens: 5, outputTokens: 6, cacheReadInputTokens: 7, cacheWriteInputTokens: 8 };
          const whole = decodeResponse(
            { output: { message: { role: 'assistant', content: blocks.map(toWhole) } }, stopReason, usage },
            context(),
          );
          if (whole.type !== 'decoded') throw new Error(whole.error.message);
          const bytes = encodeConverseStream([
            start,
            ...blocks.flatMap(toEvents),
            finish(stopReason),
            { metadata: { usage } },
          ]);
          const played = playConverseStream(bytes, context());
          const verdict = await judgeMessageStream(played.bytes, { wholeMessage: whole.message });
          expect(verdict.violations).toEqual([]);
          const inside = cuts.filter((cut) => cut <= bytes.length);
          expect(playConverseStream(bytes, context(), inside).bytes).toEqual(played.bytes);
        },
      ),
      PROPERTY,
    );
  });

  test('cutting the bytes at every offset changes nothing', () => {
    const bytes = encodeConverseStream([
      start,
      reasoning(0, { text: 'grübelt 🤔' }),
      reasoning(0, { signature: 'c2ln' }),
      stop(0),
      text(1, 'Zwölf 🚀'),
      stop(1),
      tool(2, 't1', 'read'),
      args(2, '{"path":'),
      args(2, '"ä"}'),
      stop(2),
      finish('tool_use'),
      metadata(),
    ]);
    const whole = playConverseStream(bytes, context()).bytes;
    for (let offset = 0; offset <= bytes.length; offset += 1) {
      expect(playConverseStream(bytes, context(), [offset]).bytes.equals(whole)).toBe(true);
    }
  });

  test('a decoder goes on from the state of another, as plain data', () => {
    const events = [
      start,
      text(0, 'a'),
      stop(0),
      tool(1, 't1', 'read'),
      args(1, '{"a'),
      args(1, '":1}'),
      stop(1),
      finish('tool_use'),
      metadata(),
    ];
    const named = events.flatMap((event) =>
      Object.entries(event).map(([event, payload]) => ({ event, data: JSON.stringify(payload) })),
    );
    const single = createStreamDecoder(context());
    const expected = named.flatMap((event) => single.push(event));
    let { state } = createStreamDecoder(context());
    const moved = named.flatMap((event) => {
      const decoder = createStreamDecoder(context(), JSON.parse(JSON.stringify(state)));
      const pushed = decoder.push(event);
      state = decoder.state;
      return pushed;
    });
    expect(moved).toEqual(expected);
  });

  test('what Claude reasoned comes back to it as it was', async () => {
    const { message } = await deliver([
      start,
      reasoning(0, { text: 'hm' }),
      reasoning(0, { signature: 'c2ln+/==' }),
      stop(0),
      reasoning(1, { redactedContent: 'c2VjcmV0' }),
      stop(1),
      tool(2, 't1', 'read'),
      stop(2),
      finish('tool_use'),
      metadata(),
    ]);
    const body = {
      model: 'claude-test',
      tools: [{ name: 'read', input_schema: { type: 'object', properties: {} } }],
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: message.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
      ],
    } as unknown as CanonicalBody;
    const encoded = encodeRequest({ body, extras: {} }, createEncodeTarget({ model: 'anthropic.claude-test' }));
    expect(encoded.losses).toEqual([]);
    expect((encoded.body as { messages: { content: object[] }[] }).messages[1]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln+/==' } } },
      { reasoningContent: { redactedContent: 'c2VjcmV0' } },
      { toolUse: { toolUseId: 't1', name: 'read', input: {} } },
    ]);
  });
});
