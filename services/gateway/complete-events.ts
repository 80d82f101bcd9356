/**
 * Cuts forwarded bytes at the ends of events, so that a stream that breaks in the middle of one can still be ended with
 * an event of our own.
 */
export interface CompleteEvents {
  /** The bytes that have become whole events. Null when one outgrows every limit. */
  push(bytes: Buffer): Buffer | null;
  /** What is left after the last whole event. */
  rest(): Buffer;
}

/** Longest event that is held back, as long as the longest that the parser beside it takes. */
const EVENT_BYTES_MAX = 8 * 1024 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export function createCompleteEvents(bytesMax: number = EVENT_BYTES_MAX): CompleteEvents {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const end = endOfLastEvent(all);
      held = all.subarray(end);
      return held.length > bytesMax ? null : all.subarray(0, end);
    },
    rest: () => held,
  };
}

/** Where the last blank line ends; 0 when there is none. Lines end with LF or CRLF. */
function endOfLastEvent(bytes: Buffer): number {
  for (let index = bytes.length - 1; index > 0; index -= 1) {
    if (bytes[index] !== LINE_FEED) continue;
    const before = bytes[index - 1] === CARRIAGE_RETURN ? index - 2 : index - 1;
    if (before >= 0 && bytes[before] === LINE_FEED) return index + 1;
  }
  return 0;
}
