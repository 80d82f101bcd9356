import { createHash } from 'node:crypto';

const BITS = 53;

/**
 * Whether a subject belongs to a share, decided by its id alone: every worker says the same, and says it again after a
 * restart. Different purposes choose independently of each other.
 *
 * @param share 0 to 1
 */
export function isSampled(purpose: string, subjectId: string, share: number): boolean {
  const digest = createHash('sha256').update(`${purpose}\u0000${subjectId}`).digest();
  const fraction = Number(digest.readBigUInt64BE(0) >> BigInt(64 - BITS)) / 2 ** BITS;
  return fraction < share;
}
