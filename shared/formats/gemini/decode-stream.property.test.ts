import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finish, say, usageOf } from '../../testing/gemini-script.ts';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { encodeGeminiStream, geminiChunk, playGeminiStream } from '../../testing/play-gemini-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalBody } from '../canonical.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';

/** An upstream answer: what the model says, part by part. */
type Said =
  | { readonly type: 'text' | 'thought'; readonly text: string; readonly signature?: string }
  | {
      readonly type: 'call';
      readonly id?: string;
      readonly args: Record<string, unknown>;
      readonly signature?: string;
    };

const signature = fc.option(fc.constantFrom('c2ln', 'b3RoZXI='), { nil: undefined });
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    type: fc.constantFrom('text' as const, 'thought' as const),
    text: fc.constantFrom('a', ' ', 'Grüße 漢字 😀'),
  }),
  fc.record({
    type: fc.constant('thought' as const),
    text: fc.constantFrom('', 'hm'),
    signature,
  }) as fc.Arbitrary<Said>,
  fc.record({
    type: fc.constant('call' as const),
    id: fc.constantFrom(undefined, 'call_a', 'call_b', 'bad id'),
    args: fc.dictionary(fc.constantFrom('path', 'n', 'q"', '漢'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    signature,
  }) as fc.Arbitrary<Said>,
);

function signedPart(part: object, of: Said): object {
  return of.signature === undefined ? part : { ...part, thoughtSignature: of.signature };
}

function wholePart(of: Said): object {
  if (of.type !== 'call')
    return signedPart(of.type === 'text' ? { text: of.text } : { text: of.text, thought: true }, of);
  const id = of.id === undefined ? {} : { id: of.id };
  return signedPart({ functionCall: { name: 'tool', args: of.args, ...id } }, of);
}

function pathOf(path: readonly (string | number)[]): string {
  return `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : `[${JSON.stringify(step)}]`)).join('')}`;
}

/** The pieces in which Vertex streams a value. */
function argumentPieces(value: unknown, path: readonly (string | number)[]): readonly object[] | null {
  const jsonPath = pathOf(path);
  if (value === null) return [{ jsonPath, nullValue: 'NULL_VALUE' }];
  if (typeof value === 'boolean') return [{ jsonPath, boolValue: value }];
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }];
  if (typeof value === 'string') {
    return [
      { jsonPath, stringValue: value, willContinue: true },
      { jsonPath, stringValue: '' },
    ];
  }
  const entries = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value as object);
  const pieces = entries.map(([step, item]) => argumentPieces(item, [...path, step]));
  // There is no piece for an empty list or object.
  return entries.length === 0 || pieces.includes(null) ? null : pieces.flatMap((list) => list ?? []);
}

function streamedParts(of: Said, size: number): readonly object[] {
  if (of.type === 'call') {
    const pieces = Object.entries(of.args).map(([name, value]) => argumentPieces(value, [name]));
    if (size % 2 === 0 || pieces.includes(null)) return [wholePart(of)];
    const id = of.id === undefined ? {} : { id: of.id };
    const going = pieces
      .flatMap((list) => list ?? [])
      .map((one) => ({ functionCall: { partialArgs: [one], willContinue: true } }));
    return [
      signedPart({ functionCall: { name: 'tool', ...id, willContinue: true } }, of),
      ...going,
      { functionCall: {} },
    ];
  }
  const parts: object[] = [];
  for (let start = 0; start < of.text.length; start += size) {
    const text = of.text.slice(start, start + size);
    parts.push(of.type === 'text' ? { text } : { text, thought: true });
  }
  if (parts.length === 0) parts.push(of.type === 'text' ? { text: '' } : { text: '', thought: true });
  return [...parts.slice(0, -1), signedPart(parts.at(-1) ?? {}, of)];
}

const history: CanonicalBody['messages'] = [
  { role: 'user', content: 'q' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call_b', name: 'tool', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_b', content: 'x' }] },
];

test('any answer, streamed in any pieces, is the message that the same answer gives whole', async () => {
  const reason = fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY');
  const answer = fc.array(said, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(answer, fc.integer({ min: 1, max: 6 }), reason, async (parts, size, finishReason) => {
      const context = createDecodeContext({ messages: history });
      const ended = { finishReason };
      const whole = decodeResponse(geminiChunk(parts.map(wholePart), ended, usageOf()), context);
      if (whole.type !== 'decoded') throw new Error(whole.error.message);
      const chunks = parts.flatMap((part) => streamedParts(part, size)).map((part) => say(part));
      const { bytes, decoder } = playGeminiStream(
        encodeGeminiStream([...chunks, geminiChunk([], ended, usageOf())]),
        context,
      );
      const toolInputs = parts.flatMap((part) => (part.type === 'call' ? [JSON.parse(JSON.stringify(part.args))] : []));
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

const mixed: readonly Said[] = [
  { type: 'thought', text: 'hm 😀', signature: 'c2ln' },
  { type: 'text', text: 'Grüße 漢字' },
  { type: 'call', id: 'a', args: { 漢: 'ü', list: [1, { x: null }] }, signature: 'b3RoZXI=' },
  { type: 'call', args: {} },
];
const mixedChunks = [...mixed.flatMap((part) => streamedParts(part, 3)).map((part) => say(part)), finish('STOP')];

test('the client gets the same bytes wherever the bytes of the upstream are cut', () => {
  const upstream = encodeGeminiStream(mixedChunks);
  const context = createDecodeContext();
  const whole = playGeminiStream(upstream, context).bytes;
  for (let cut = 1; cut < upstream.length; cut += 1) {
    expect(playGeminiStream(upstream, context, [cut]).bytes.equals(whole)).toBe(true);
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: upstream.length - 1 }), { maxLength: 40 }), (cuts) => {
      expect(playGeminiStream(upstream, context, cuts).bytes.equals(whole)).toBe(true);
    }),
  );
});

test('the state is plain data: a decoder resumed from a copy goes on as the original', () => {
  const context = createDecodeContext();
  const expected = playGeminiStream(encodeGeminiStream(mixedChunks), context).decoder.message();
  let decoder = createStreamDecoder(context);
  for (const chunk of mixedChunks) {
    decoder.push({ data: JSON.stringify(chunk) });
    decoder = createStreamDecoder(context, JSON.parse(JSON.stringify(decoder.state)));
  }
  decoder.end();
  expect(decoder.message()).toEqual(expected);
});

test('no sequence of chunks throws, or closes more than once', () => {
  const value = fc.oneof(
    fc.constantFrom(null, '', 'x', 0, true, 'STOP', 'OTHER', '$.a', '$.a[0]', '$.a.b'),
    fc.jsonValue(),
  );
  const partial = fc.record({ jsonPath: value, stringValue: value, willContinue: value }, { requiredKeys: [] });
  const functionCall = fc.oneof(
    value,
    fc.record(
      {
        name: value,
        id: value,
        args: value,
        partialArgs: fc.oneof(value, fc.array(fc.oneof(value, partial))),
        willContinue: value,
      },
      { requiredKeys: [] },
    ),
  );
  const part = fc.oneof(
    value,
    fc.record({ text: value, thought: value, thoughtSignature: value, functionCall }, { requiredKeys: [] }),
  );
  const candidate = fc.record(
    {
      content: fc.oneof(value, fc.record({ parts: fc.oneof(value, fc.array(part)) })),
      finishReason: value,
      index: value,
    },
    { requiredKeys: [] },
  );
  const chunk = fc.oneof(
    value,
    fc.record(
      { candidates: fc.oneof(value, fc.array(candidate)), usageMetadata: value, promptFeedback: value, error: value },
      { requiredKeys: [] },
    ),
    fc.array(part, { maxLength: 3 }).map((parts) => geminiChunk(parts as object[])),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), fc.boolean(), (chunks, isFinished) => {
      const all = isFinished ? [...chunks, finish('STOP')] : chunks;
      const { bytes, decoder } = playGeminiStream(encodeGeminiStream(all), createDecodeContext());
      expect(bytes.toString().match(/event: (?:message_stop|error)\n/g) ?? []).toHaveLength(1);
      expect(decoder.isComplete()).toBe(decoder.failure() === null);
    }),
    PROPERTY,
  );
});
