import { describe, expect, it } from 'vitest';
import { createCompleteEvents } from './complete-events.ts';

describe('createCompleteEvents', () => {
  it.each(['\n', '\r\n'])('gives the same bytes wherever the stream is cut, with lines that end in %j', (newline) => {
    const text = [`event: a${newline}data: 1`, 'data: ü', ': comment', ''].join(newline + newline);
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const events = createCompleteEvents();
      const whole = [bytes.subarray(0, cut), bytes.subarray(cut)].map((part) => events.push(part));
      expect(Buffer.concat(whole as Buffer[]).toString()).toBe(text);
      expect(events.rest()).toHaveLength(0);
    }
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
