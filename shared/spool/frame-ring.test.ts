import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameSize, writeFrameHead } from './frame.ts';
import { FrameRing } from './frame-ring.ts';

const CALL_ID = '01234567-89ab-7def-8123-456789abcdef';

function write(ring: FrameRing, bodyLength: number, mark: number): boolean {
  const target = ring.reserve(frameSize('p', bodyLength));
  if (target === null) return false;
  const bodyAt = writeFrameHead(target, { type: 'record', callId: CALL_ID, projectId: 'p' }, bodyLength);
  target.fill(mark, bodyAt);
  ring.publish(true);
  return true;
}

/** What the next frame's body is filled with, and its length. */
function read(ring: FrameRing): { readonly mark: number; readonly length: number } | null {
  const bytes = ring.next();
  if (bytes === null) return null;
  const body = bytes.subarray(frameSize('p', 0));
  expect(body.every((byte) => byte === body[0])).toBe(true);
  return { mark: body[0] ?? 0, length: body.length };
}

describe('the ring of frames', () => {
  it('gives back what was written, in order, whatever is written, read, given back and read again', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('write' as const), length: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ type: fc.constantFrom('read', 'release', 'die') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = FrameRing.create(1_000);
        let reader = new FrameRing(ring.shared);
        const waiting: { mark: number; length: number }[] = [];
        let hasRead = 0;
        let mark = 0;
        for (const action of steps) {
          if (action.type === 'write') {
            mark = (mark + 1) % 256;
            if (write(ring, action.length, mark)) waiting.push({ mark, length: action.length });
          } else if (action.type === 'read') {
            expect(read(reader)).toEqual(waiting[hasRead] ?? null);
            hasRead = Math.min(hasRead + 1, waiting.length);
          } else if (action.type === 'release') {
            reader.release(hasRead);
            waiting.splice(0, hasRead);
            hasRead = 0;
          } else {
            ring.recount();
            reader = new FrameRing(ring.shared);
            hasRead = 0;
          }
          expect(ring.recordsWaiting).toBe(waiting.length);
          expect(ring.hasReleased(ring.ticket)).toBe(waiting.length === 0);
        }
      }),
    );
  });

  it('takes nothing that does not fit, and again when room was given back', () => {
    const ring = FrameRing.create(1_000);
    const reader = new FrameRing(ring.shared);
    let written = 0;
    while (write(ring, 100, written)) written += 1;
    expect(written).toBeGreaterThan(5);
    expect(ring.bytesWaiting).toBeLessThan(1_000);
    for (let frame = 0; frame < written; frame += 1) read(reader);
    expect(write(ring, 100, 0)).toBe(false);
    reader.release(written);
    expect(write(ring, 100, 0)).toBe(true);
  });

  it('has all of its room again as soon as the reader has seen that it started over', () => {
    const [total, first] = [40_000_000, 20_000_000];
    const ring = FrameRing.create(total);
    const reader = new FrameRing(ring.shared);
    expect(write(ring, first, 1)).toBe(true);
    reader.next();
    reader.release(1);
    expect(write(ring, 1_000, 2)).toBe(true);
    expect(ring.reserve(first)).toBeNull();
    reader.next();
    expect(write(ring, 1.8 * first, 3)).toBe(true);
    expect(ring.recordsWaiting).toBe(2);
    expect(new FrameRing(ring.shared).frames()).toHaveLength(2);
  });

  it('wakes its reader once, and not when it is awake', () => {
    const ring = FrameRing.create(1_000);
    expect(ring.claimWake()).toBe(true);
    expect(ring.claimWake()).toBe(false);
    write(ring, 10, 1);
    expect(ring.fallAsleep()).toBe(false);
    ring.next();
    expect(ring.fallAsleep()).toBe(true);
    expect(ring.claimWake()).toBe(true);
  });
});
