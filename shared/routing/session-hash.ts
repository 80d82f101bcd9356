import { hash } from 'node:crypto';

/** What a hash of a session decides; draws of different layers are independent of one another. */
export type HashLayer = 'variant' | 'target';

/**
 * A number in [0, 1) that every replica computes alike: the first 53 bits of sha256 over layer, salt and session, which
 * is as much as a double can hold. A new salt deals all sessions anew.
 */
export function sessionHash(layer: HashLayer, salt: string, sessionId: string): number {
  // JSON keeps the parts apart whatever characters they are made of.
  const digest = hash('sha256', JSON.stringify([layer, salt, sessionId]), 'buffer');
  const high = digest.readUInt32BE(0);
  const low = digest.readUInt32BE(4) >>> 11;
  return (high * 2 ** 21 + low) / 2 ** 53;
}
