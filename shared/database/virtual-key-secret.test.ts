import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeySecret, isKeySecret, keyHash } from './virtual-key-secret.ts';

describe('createKeySecret', () => {
  it('makes secrets of one form from 32 bytes, however small their value', () => {
    const smallest = createKeySecret((size) => new Uint8Array(size));
    const largest = createKeySecret((size) => new Uint8Array(size).fill(255));
    expect(smallest).toMatch(/^tt_0{43}[0-9A-Za-z]{6}$/);
    expect(largest).toHaveLength(smallest.length);
    expect(isKeySecret(smallest) && isKeySecret(largest)).toBe(true);
  });

  it('has a checksum that finds a mistyped character', () => {
    const secret = createKeySecret(randomBytes);
    for (let index = 3; index < secret.length; index += 1) {
      const other = secret[index] === 'a' ? 'b' : 'a';
      expect(isKeySecret(secret.slice(0, index) + other + secret.slice(index + 1))).toBe(false);
    }
  });

  it.each(['', 'tt_', 'sk-ant-api03-abc', 'tt_short'])('is not taken for %j', (credential) => {
    expect(isKeySecret(credential)).toBe(false);
  });

  it('is stored as a hash of 32 bytes', () => {
    expect(keyHash(createKeySecret(randomBytes))).toHaveLength(32);
  });
});
