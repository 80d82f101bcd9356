import { describe, expect, it } from 'vitest';
import { createCompleteEvents } from './complete-events.ts';

const NEWLINES = ['\n', '\r\n', '\r'] as const;
/** Every blank line of the standard but that of a CR before an LF, which is one line end and no blank line. */
const BLANK_LINES = ['\n\n', '\n\r', '\n\r\n', '\r\r', '\r\r\n', '\r\n\n', '\r\n\r', '\r\n\r\n'] as const;

describe('createCompleteEvents', () => {
  it.each(NEWLINES)('gives the same bytes wherever the stream is cut, with lines that end in %j', (newline) => {
    const text = [`event: a${newline}data: 1`, 'data: ü', ': comment', ''].join(newline + newline);
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const events = createCompleteEvents();
      const whole = [bytes.subarray(0, cut), bytes.subarray(cut)].map((part) => events.push(part));
      expect(Buffer.concat(whole as Buffer[]).toString()).toBe(text);
      expect(events.rest()).toHaveLength(0);
    }
  });

  it.each(BLANK_LINES)('cuts at the blank line %j and nowhere else, byte by byte and wherever it is cut', (blank) => {
    const bytes = Buffer.from(`event: a\ndata: 1${blank}data: 2`);
    const last = bytes.lastIndexOf('data: 2');
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const events = createCompleteEvents();
        const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        const pieces = parts.map((part) => events.push(part)?.toString() ?? 'none');
        expect(pieces.join('')).toBe(bytes.subarray(0, last).toString());
        expect(events.rest().toString()).toBe('data: 2');
        // Whatever is sent of an event is all of it; only the LF of its last CRLF may come after.
        for (const piece of pieces) expect(piece).toMatch(/^(?:|\n|event: a\ndata: 1[\r\n]{2,})$/);
      }
    }
  });

  it.each(BLANK_LINES)('sends an event with its blank line %j at once, however long nothing follows', (blank) => {
    const text = `data: 1${blank}`;
    expect(createCompleteEvents().push(Buffer.from(text))?.toString()).toBe(text);
  });

  it('takes the CRLF of one line for no blank line, in whatever pieces it comes', () => {
    for (const pieces of [
      ['data: 1\r', '\n', 'data: 2\r', '\n'],
      ['data: 1', '\r', '\ndata: 2\r\n'],
      ['\r\ndata: 1\r\n'],
    ]) {
      const events = createCompleteEvents();
      for (const piece of pieces) expect(events.push(Buffer.from(piece))).toHaveLength(0);
      expect(events.rest().toString()).toBe(pieces.join(''));
    }
  });

  it('sends the LF of a last CRLF when it comes, and not with the next event', () => {
    const events = createCompleteEvents();
    expect(events.push(Buffer.from('data: 1\r\n\r'))?.toString()).toBe('data: 1\r\n\r');
    expect(events.push(Buffer.alloc(0))?.toString()).toBe('');
    expect(events.push(Buffer.from('\ndata: 2\r'))?.toString()).toBe('\n');
    expect(events.rest().toString()).toBe('data: 2\r');
    expect(events.push(Buffer.from('\r'))?.toString()).toBe('data: 2\r\r');
  });

  it('holds an event back until it is whole', () => {
    const events = createCompleteEvents();
    expect(events.push(Buffer.from('data: 1\n\ndata: 2'))?.toString()).toBe('data: 1\n\n');
    expect(events.rest().toString()).toBe('data: 2');
    expect(events.push(Buffer.from('\n'))?.toString()).toBe('');
    expect(events.push(Buffer.from('\n'))?.toString()).toBe('data: 2\n\n');
  });

  it('gives up on an event without an end, and keeps nothing of it', () => {
    const events = createCompleteEvents(10);
    expect(events.push(Buffer.from('data: 0123456789'))).toBeNull();
    expect(events.push(Buffer.from('data: 1\n\n'))).toBeNull();
    expect(events.rest()).toHaveLength(0);
  });

  it('looks at every byte once, however long an event is', () => {
    const events = createCompleteEvents();
    const line = Buffer.alloc(512, 'x');
    const startedAt = performance.now();
    for (let size = 0; size < 7 * 1024 * 1024; size += line.length) expect(events.push(line)).toHaveLength(0);
    expect(events.push(Buffer.from('\n\n'))).toHaveLength(7 * 1024 * 1024 + 2);
    // Looking at all that is held again with every piece takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
