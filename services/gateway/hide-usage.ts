import type { CompleteEvents } from './complete-events.ts';

/** The chunk that says the usage has no choice; others may have none, too, but say nothing of usage. */
const NO_CHOICE = /"choices"\s*:\s*\[\s*\]/;
const EVENT_END = /\r?\n\r?\n/g;

/**
 * Takes the chunk with the usage out of a forwarded stream whose client has not asked for it. The gateway has, because
 * without it nobody knows what the call cost. All other bytes stay as they are.
 */
export function hideUsage(events: CompleteEvents): CompleteEvents {
  return {
    push: (bytes) => {
      const whole = events.push(bytes);
      return whole === null ? null : withoutUsage(whole);
    },
    rest: () => withoutUsage(events.rest()),
  };
}

function withoutUsage(bytes: Buffer): Buffer {
  // Byte for byte, whatever the text is.
  const text = bytes.toString('latin1');
  if (!NO_CHOICE.test(text)) return bytes;
  const kept: Buffer[] = [];
  let start = 0;
  for (const { index, 0: blank } of [...text.matchAll(EVENT_END), { index: text.length, 0: '' }]) {
    const end = index + blank.length;
    if (!isUsage(text.slice(start, index))) kept.push(bytes.subarray(start, end));
    start = end;
  }
  return Buffer.concat(kept);
}

function isUsage(event: string): boolean {
  return NO_CHOICE.test(event) && /"usage"\s*:\s*\{/.test(event);
}
