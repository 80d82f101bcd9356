import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropCountBody, dropCountOf, encodeFrame, type Frame, NO_CALL_ID, readFrame } from './frame.ts';
import { scanSegment } from './scan-segment.ts';

const frameOf = fc.record({
  type: fc.constantFrom('begin' as const, 'record' as const, 'lost' as const),
  callId: fc.uuid(),
  projectId: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

const logOf = fc
  .array(frameOf, { minLength: 1, maxLength: 6 })
  .map((frames) => frames.map((frame, index): Frame => ({ ...frame, sequence: index + 1 })));

const bytesOf = (frames: readonly Frame[]) => Buffer.concat(frames.flatMap(encodeFrame));

describe('a segment', () => {
  it('reads back every frame as it was written', () => {
    fc.assert(
      fc.property(logOf, (frames) => {
        const bytes = bytesOf(frames);
        expect(scanSegment(bytes)).toEqual({ frames, end: bytes.length, damagedPlaces: 0 });
      }),
    );
  });

  it('cut at any offset still has exactly the frames that are whole', () => {
    fc.assert(
      fc.property(logOf, (frames) => {
        const bytes = bytesOf(frames);
        const ends = frames.map((_frame, index) => bytesOf(frames.slice(0, index + 1)).length);
        for (let length = 0; length <= bytes.length; length += 1) {
          const whole = ends.filter((end) => end <= length).length;
          const scan = scanSegment(bytes.subarray(0, length));
          expect(scan).toEqual({ frames: frames.slice(0, whole), end: ends[whole - 1] ?? 0, damagedPlaces: 0 });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('with any byte changed loses the frame of that byte and no other', () => {
    fc.assert(
      fc.property(logOf, fc.integer({ min: 1, max: 255 }), (frames, flip) => {
        const bytes = bytesOf(frames);
        const ends = frames.map((_frame, index) => bytesOf(frames.slice(0, index + 1)).length);
        for (let offset = 0; offset < bytes.length; offset += 1) {
          const changed = Buffer.from(bytes);
          changed.writeUInt8(changed.readUInt8(offset) ^ flip, offset);
          const hit = ends.findIndex((end) => offset < end);
          const scan = scanSegment(changed);
          expect(scan.frames).toEqual(frames.filter((_frame, index) => index !== hit));
          expect(scan.damagedPlaces).toBe(hit === frames.length - 1 ? 0 : 1);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is never mistaken in random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (noise) => {
        expect(scanSegment(Buffer.from(noise)).frames).toEqual([]);
      }),
    );
  });

  it('counts the calls of a drop frame that names none of them', () => {
    const frame: Frame = { type: 'drop', sequence: 1, callId: NO_CALL_ID, projectId: 'p', body: dropCountBody(70_000) };
    const read = readFrame(Buffer.concat([...encodeFrame(frame)]), 0);
    expect(read.type === 'frame' && dropCountOf(read.frame)).toBe(70_000);
  });
});
