import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, encodeSseEvent, type SseEvent } from './sse.ts';

function parsePieces(bytes: Uint8Array, cuts: readonly number[]): SseEvent[] {
  const parser = createSseParser();
  const offsets = [0, ...cuts, bytes.length];
  const events: SseEvent[] = [];
  for (let index = 1; index < offsets.length; index += 1) {
    events.push(...parser.push(bytes.subarray(offsets[index - 1], offsets[index])));
  }
  return [...events, ...parser.end()].map(({ event, data }) => (event === undefined ? { data } : { event, data }));
}

describe('an SSE stream', () => {
  const text =
    'event: one\ndata: {"text":"Grüße 漢字 😀"}\n\n: comment\r\n\r\ndata: a\r\ndata: b\r\n\r\ndata: [DONE]\n\n';

  test('parses the same wherever the bytes are cut', () => {
    const bytes = Buffer.from(text);
    const whole = parsePieces(bytes, []);
    expect(whole).toEqual([{ event: 'one', data: '{"text":"Grüße 漢字 😀"}' }, { data: 'a\nb' }, { data: '[DONE]' }]);
    for (let cut = 1; cut < bytes.length; cut += 1) expect(parsePieces(bytes, [cut])).toEqual(whole);
    expect(
      parsePieces(
        bytes,
        Array.from({ length: bytes.length - 1 }, (_, index) => index + 1),
      ),
    ).toEqual(whole);
  });

  test('gives back every event that was encoded', () => {
    const event = fc.record({
      event: fc.stringMatching(/^[a-z_]{1,20}$/),
      data: fc.string({ unit: 'grapheme', minLength: 1 }).filter((data) => !data.includes('\r') && data !== ''),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        expect(parsePieces(Buffer.from(events.map(encodeSseEvent).join('')), [])).toEqual(events);
      }),
    );
  });

  test('keeps a last event that lacks its blank line', () => {
    expect(parsePieces(Buffer.from('data: {"a":1}\n\ndata: {"b":2}'), [])).toEqual([
      { data: '{"a":1}' },
      { data: '{"b":2}' },
    ]);
  });

  test('stops at an event that outgrows the buffer, and says so', () => {
    const parser = createSseParser({ bufferCharactersMax: 64 });
    expect(parser.push(Buffer.from('data: small\n\n'))).toHaveLength(1);
    expect(parser.push(Buffer.from(`data: ${'x'.repeat(100)}`))).toEqual([]);
    expect(parser.failure).toBe('event_too_large');
    expect(parser.push(Buffer.from('data: small\n\n'))).toEqual([]);
    expect(parser.end()).toEqual([]);
  });
});

test('an event begins behind a blank line, and nowhere that is not sure', () => {
  const parser = createSseParser({ bufferCharactersMax: 64 });
  const after = (text: string): boolean => {
    parser.push(Buffer.from(text));
    return parser.isBetweenEvents;
  };
  expect(parser.isBetweenEvents).toBe(false);
  expect(['data: a\n\n', 'data: a\n', '\n', 'data: b\n\n', 'event: x\n', 'data: c\n\n'].map(after)).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
  expect(after(`data: ${'x'.repeat(80)}\ndata: y`)).toBe(false);
  expect(after('data: a\n\n')).toBe(false);
});
