import { hash } from 'node:crypto';

/** What a hash of a session decides; draws of different layers are independent of one another. */
export type HashLayer = 'variant' | 'target';

/**
 * A number in [0, 1) that every replica computes alike: the first 53 bits of sha256 over layer, salt and session, which
 * is as much as a double can hold. A new salt deals all sessions anew.
 */
export function sessionHash(layer: HashLayer, salt: string, sessionId: string): number {
  // JSON keeps the parts apart whatever characters they are made of.
  const digest = hash('sha256', JSON.stringify([layer, salt, sessionId]), 'hex');
  const high = Number.parseInt(digest.slice(0, 8), 16);
  const low = Number.parseInt(digest.slice(8, 16), 16) >>> 11;
  return (high * 2 ** 21 + low) / 2 ** 53;
}
