import { describe, expect, it } from 'vitest';
import { keepReply, RawReplyBuffer, rawText } from './raw-reply.ts';

describe('the raw reply of an upstream', () => {
  it.each([
    ['shorter than the limit', 'short', 10],
    ['as long as the limit', 'ten bytes.', 10],
    ['longer than the limit', 'more than ten bytes', 10],
    ['cut inside of a character by the limit', '123456789€', 10],
    ['empty', '', 10],
    ['longer than any first room for it', 'much '.repeat(20_000), 90_000],
  ])('is kept alike whole and in pieces when it is %s', (_case, text, bytesMax) => {
    const bytes = Buffer.from(text);
    const pieces = new RawReplyBuffer(bytesMax);
    const step = Math.max(4, Math.floor(bytes.length / 7));
    for (let at = 0; at < bytes.length; at += step) {
      const piece = Buffer.from(bytes.subarray(at, at + step));
      pieces.push(piece);
      // Whoever read the piece may use its memory again.
      piece.fill(0);
    }
    const whole = keepReply(bytes, bytesMax);
    expect(rawText(pieces.kept())).toBe(bytes.subarray(0, bytesMax).toString('utf8'));
    expect(rawText(whole.kept)).toBe(rawText(pieces.kept()));
    expect([whole.isTruncated, pieces.isTruncated]).toEqual([bytes.length > bytesMax, bytes.length > bytesMax]);
  });

  it('is nothing when nothing came', () => {
    expect(new RawReplyBuffer().kept()).toHaveLength(0);
  });
});
