import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import { createSseParser, encodeSseEvent } from '../../upstream/sse.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import type { StreamDecoder } from '../format.ts';
import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { pushChatChunk } from './read-event.ts';
import { readRepeated, repeatedChunkOf } from './repeated-chunk.ts';
import { type ChatStreamState, createChatStreamState } from './stream-state.ts';

/** Parses every chunk. */
const createPlainDecoder = defineStreamDecoder<ChatStreamState>({
  format: 'openai-chat',
  createState: createChatStreamState,
  read: (stream, payload) => pushChatChunk(stream, payload),
  close: failUnfinished,
});

/** Text as it stands in JSON, with and without what has to be escaped, and what only looks like JSON. */
const written = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom('', 'a', ' b', '\\n', '\\"', '\\u00e9', 'é漢😀', '\\ud83d', '<think>', '</think>', '[THINK]'),
  fc.constantFrom('"', '\\', '\n', '\u0000', 'x","content":"y', '"},"x":{"content":"', 'x"}', '"}}],"obfuscation":"'),
);
const padding = fc.constantFrom('', 'abc', 'A1_-', 'a b', '"', 'é', '"}]}');

/** Chunks as servers write them; what stands for the piece is between the two ends. */
const ends = fc.constantFrom(
  ['{"id":"c","choices":[{"index":0,"delta":{"content":"', '"},"logprobs":null,"finish_reason":null}]}'],
  ['{"choices":[{"index":0,"delta":{"role":"assistant","content":"', '","refusal":null}}],"usage":null}'],
  ['{"choices":[{"delta":{"reasoning_content":"', '","content":null}}]}'],
  ['{"choices":[{"delta":{"reasoning":"', '","reasoning_content":"other"}}]}'],
  ['{"choices":[{"delta":{"reasoning":"r","content":"', '"}}]}'],
  ['{"choices":[{"usage":{"prompt_tokens":3,"completion_tokens":2},"delta":{"content":"', '"}}]}'],
  ['{"choices":[{"delta":{"content" : "', '"}}]}'],
  ['{"note":{"content":"', '"},"choices":[{"delta":{"content" :"a"}}]}'],
  ['{"choices":[{"delta":{"content":"z","content":"', '"}}]}'],
  ['{"choices":[{"delta":{"content":"', '","content":"z"}}]}'],
  ['{"choices":[{"delta":{"content":"', '","annotations":[{"type":"url"}]}}]}'],
  ['{"choices":[{"delta":{"content":"', '"},"finish_reason":"stop"}]}'],
  ['{"citations":["x"],"choices":[{"delta":{"content":"', '"},"finish_reason":"stop"}]}'],
  ['{"choices":[{"delta":{"content":"', '"}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}'],
  ['{"choices":[{"delta":{"content":"', '"}},{"index":1,"delta":{"content":"second"}}]}'],
  ['{"error":{"message":"', '"},"choices":[]}'],
  ['[{"choices":[{"delta":{"content":"', '"}}]}]'],
  ['{"choices":[{"delta":{"content":"', '"}}]'],
);
const chunk = fc
  .tuple(ends, written, fc.option(padding))
  .map(([[start = '', end = ''], text, pad]) =>
    pad === null ? `${start}${text}${end}` : `${start}${text}${end.slice(0, -1)},"obfuscation":"${pad}"}`,
  );
/** Most of a stream repeats one chunk; others come between. */
const stream = fc
  .tuple(
    ends,
    fc.option(padding),
    fc.array(fc.tuple(written, padding, fc.option(chunk, { freq: 3 })), { maxLength: 9 }),
  )
  .map(([[start = '', end = ''], isPadded, pieces]) =>
    pieces.flatMap(([text, pad, other]) => {
      const whole =
        isPadded === null ? `${start}${text}${end}` : `${start}${text}${end.slice(0, -1)},"obfuscation":"${pad}"}`;
      return other === null ? [whole] : [whole, other];
    }),
  );

test('a stream whose repeated chunks are not parsed gives what it gives when all of them are', () => {
  fc.assert(
    fc.property(stream, fc.constantFrom(undefined, 'explicit', 'implied'), (chunks, thinkTags) => {
      const context = { ...createDecodeContext(), ...(thinkTags === undefined ? {} : { thinkTags }) };
      const decoder = createStreamDecoder(context);
      const plain = createPlainDecoder(context);
      for (const data of chunks) expect(decoder.push({ data })).toEqual(plain.push({ data }));
      expect(decoder.message()).toEqual(plain.message());
      expect(decoder.losses()).toEqual(plain.losses());
      expect(decoder.failure()).toEqual(plain.failure());
    }),
    PROPERTY,
  );
});

/** How servers frame an event, and what only looks like a frame. */
const framed = fc.constantFrom<(data: string) => string>(
  (data) => encodeSseEvent({ data }),
  (data) => encodeSseEvent({ data, event: 'message' }),
  (data) => encodeSseEvent({ data, id: '1' }),
  (data) => `data:${data}\n\n`,
  (data) => `data: ${data}\r\n\r\n`,
  (data) => `data: ${data}\n`,
  (data) => `data: ${data} \n\n`,
  (data) => `data: ${data}\n\ndata: ${data}\n\n`,
  (data) => `data: ${data.replace(',', ',\ndata: ')}\n\n`,
  (data) => `data: ${data.replace(',', ',\n')}\n\n`,
  (data) => `: ping\n\ndata: ${data}\n\n`,
);
/** The bytes of a stream as they are read; most reads are one event in the frame that is most used. */
const reads = fc
  .tuple(stream, fc.array(fc.option(framed, { freq: 2 }), { maxLength: 9 }), fc.array(fc.nat(), { maxLength: 3 }))
  .map(([chunks, frames, cuts]) => {
    const events = chunks.map((data, index) =>
      Buffer.from((frames[index] ?? ((text) => encodeSseEvent({ data: text })))(data)),
    );
    for (const cut of cuts) {
      const at = cut % (events.length + 1);
      const event = events[at];
      if (event !== undefined)
        events.splice(at, 1, event.subarray(0, cut % event.length), event.subarray(cut % event.length));
    }
    return events.filter((bytes) => bytes.length > 0);
  });

function play(decoder: StreamDecoder, pieces: readonly Buffer[]): CanonicalStreamEvent[] {
  const parser = createSseParser();
  return pieces.flatMap((bytes) => {
    const unparsed = parser.isBetweenEvents ? (decoder.pushUnparsed?.(bytes) ?? null) : null;
    return unparsed ?? parser.push(bytes).flatMap((event) => decoder.push(event));
  });
}

test('bytes that are not parsed give what they give when they are', () => {
  fc.assert(
    fc.property(reads, fc.constantFrom(undefined, 'explicit', 'implied'), (pieces, thinkTags) => {
      const context = { ...createDecodeContext(), ...(thinkTags === undefined ? {} : { thinkTags }) };
      const decoder = createStreamDecoder(context);
      const plain = createPlainDecoder(context);
      expect(play(decoder, pieces)).toEqual(play(plain, pieces));
      expect(decoder.message()).toEqual(plain.message());
      expect(decoder.losses()).toEqual(plain.losses());
      expect(decoder.failure()).toEqual(plain.failure());
    }),
    PROPERTY,
  );
});

const START = '{"id":"c","choices":[{"index":0,"delta":{"content":"';
const END = '"},"finish_reason":null}],"usage":null';

describe('a chunk that repeats the one before it', () => {
  const read = (first: string, next: string): string | null => {
    const repeated = repeatedChunkOf(first, JSON.parse(first));
    return repeated === null ? null : readRepeated(repeated, next);
  };

  it.each([
    ['plain', `${START}one${END}}`, `${START} two 漢${END}}`, ' two 漢'],
    ['escaped', `${START}one${END}}`, `${START}a \\"b\\"\\n${END}}`, 'a "b"\n'],
    ['after an escaped one', `${START}\\n${END}}`, `${START}b${END}}`, 'b'],
    ['padded', `${START}one${END},"obfuscation":"abc"}`, `${START}two${END},"obfuscation":"Zz0123"}`, 'two'],
  ])('is read without parsing it whole when its text is %s', (_case, first, next, text) => {
    expect(read(first, next)).toBe(text);
  });

  it.each([
    ['has another end', `${START}two"},"finish_reason":"stop"}]}`],
    ['has another beginning', `{"id":"d",${`${START}two${END}}`.slice(1)}`],
    ['has a second member in its text', `${START}a","x":"b${END}}`],
    ['says nothing', `${START}${END}}`],
    ['is cut', `${START}two${END}`],
    ['is cut in its padding', `${START}two${END},"obfuscation":"}`],
  ])('is parsed when it %s', (_case, next) => {
    expect(read(`${START}one${END}}`, next)).toBeNull();
    expect(read(`${START}one${END},"obfuscation":"abc"}`, next)).toBeNull();
  });
});

describe('bytes that repeat the chunk before them', () => {
  const event = (data: string): Buffer => Buffer.from(encodeSseEvent({ data }));
  const read = (first: string, next: Buffer): CanonicalStreamEvent[] | null | undefined => {
    const decoder = createStreamDecoder(createDecodeContext());
    decoder.push({ data: first });
    return decoder.pushUnparsed?.(next);
  };

  it.each([
    ['plain', `${START}one${END}}`, `${START} two${END}}`, ' two'],
    ['no ASCII', `${START}one${END}}`, `${START}漢é${END}}`, '漢é'],
    ['escaped', `${START}one${END}}`, `${START}a \\"b\\"\\n${END}}`, 'a "b"\n'],
    ['padded', `${START}one${END},"obfuscation":"abc"}`, `${START}two${END},"obfuscation":"Zz_0-3"}`, 'two'],
  ])('are read without parsing them when their text is %s', (_case, first, next, text) => {
    const delta = { type: 'text_delta', text };
    expect(read(first, event(next))).toEqual([{ type: 'content_block_delta', index: 0, delta }]);
  });

  it.each([
    ['have another end', event(`${START}two"},"finish_reason":"stop"}]}`)],
    ['have a second member in their text', event(`${START}a","x":"b${END}}`)],
    ['say nothing', event(`${START}${END}}`)],
    ['are cut', event(`${START}two${END}}`).subarray(0, -1)],
    ['are two events', Buffer.concat([event(`${START}one${END}}`), event(`${START}two${END}}`)])],
    ['break a line inside of the text', Buffer.from(`data: ${START}a\ndata: b${END}}\n\n`)],
    ['have a long text', event(`${START}${'a'.repeat(2_000)}${END}}`)],
  ])('are parsed when they %s', (_case, next) => {
    expect(read(`${START}one${END}}`, next)).toBeNull();
    expect(read(`${START}one${END},"obfuscation":"abc"}`, next)).toBeNull();
  });
});

test('bytes are parsed where the chunk before them came in several lines: a line break among them is none of its text', () => {
  const lines = `${START}one${END}}`.replace(',', ',\n');
  const decoder = createStreamDecoder(createDecodeContext());
  decoder.push({ data: lines });
  expect(decoder.pushUnparsed?.(Buffer.from(`data: ${lines}\n\n`))).toBeNull();
});

test('a text that only looks like the piece is not taken for it', () => {
  const other = '{"note":{"content":"a"},"choices":[{"delta":{"content" :"a"}}]}';
  expect(repeatedChunkOf(other, JSON.parse(other))).toBeNull();
});

test('chunks that have nothing in common are not compared for ever', () => {
  const decoder = createStreamDecoder(createDecodeContext());
  for (let id = 0; id < 6; id += 1)
    decoder.push({ data: JSON.stringify({ id, choices: [{ delta: { content: 'a' } }] }) });
  const { unrepeated, repeated } = decoder.state as ChatStreamState;
  expect(unrepeated).toBe(3);
  expect(repeated?.prefix).toContain('"id":2');
});
