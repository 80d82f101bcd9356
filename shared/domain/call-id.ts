/**
 * UUIDv7 (RFC 9562 §5.7) made of what it is given: 48 bits of milliseconds, then 74 bits of `tail`.
 * Call ids carry their start time, because the call tables are partitioned on them.
 *
 * @param startedAtMs Unix time in milliseconds, 0 to 2^48 - 1
 * @param tail at least 10 bytes: random for a call of our own, a hash for a foreign one
 */
export function uuidV7(startedAtMs: number, tail: Uint8Array): string {
  if (!Number.isInteger(startedAtMs) || startedAtMs < 0 || startedAtMs >= 2 ** 48) {
    throw new RangeError(`startedAtMs must be an integer of 48 bits, got ${startedAtMs}`);
  }
  if (tail.length < 10) throw new RangeError(`tail must have 10 bytes, got ${tail.length}`);
  const hex = Buffer.from(tail.buffer, tail.byteOffset, 10).toString('hex');
  const time = startedAtMs.toString(16).padStart(12, '0');
  const versioned = `7${hex.slice(1, 4)}`;
  const variant = ((Number.parseInt(hex.slice(4, 6), 16) & 0x3f) | 0x80).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${versioned}-${variant}${hex.slice(6, 8)}-${hex.slice(8, 20)}`;
}

/** Start time in Unix milliseconds of a UUIDv7. */
export function timeOfUuidV7(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
