import { randomFillSync } from 'node:crypto';
import { uuidV7 } from '#shared/domain/call-id.ts';

const CALL_ID_RANDOM_BYTES = 10;
/** Randomness for so many ids is fetched at once: asking for a few bytes costs as much as asking for all of these. */
const POOLED_IDS = 512;

const pool = Buffer.alloc(CALL_ID_RANDOM_BYTES * POOLED_IDS);
let used = pool.length;

/** The id of a call that begins now. */
export function newCallId(nowMs: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const tail = pool.subarray(used, used + CALL_ID_RANDOM_BYTES);
  used += CALL_ID_RANDOM_BYTES;
  return uuidV7(nowMs, tail);
}
