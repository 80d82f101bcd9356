import { describe, expect, it } from 'vitest';
import { createRawReply, keepReply } from './raw-reply.ts';

describe('the raw reply of an upstream', () => {
  it.each([
    ['shorter than the limit', 'short', 10],
    ['as long as the limit', 'ten bytes.', 10],
    ['longer than the limit', 'more than ten bytes', 10],
    ['cut inside of a character by the limit', '123456789€', 10],
    ['empty', '', 10],
  ])('is kept alike whole and in pieces when it is %s', (_case, text, bytesMax) => {
    const bytes = Buffer.from(text);
    const pieces = createRawReply(bytesMax);
    for (let at = 0; at < bytes.length; at += 4) pieces.push(bytes.subarray(at, at + 4));
    const whole = keepReply(bytes, text, bytesMax);
    expect(whole).toEqual({ text: pieces.text(), isTruncated: pieces.isTruncated });
    expect(whole.isTruncated).toBe(bytes.length > bytesMax);
  });
});
