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

/** Of what is held, no more than this can be part of a blank line (CRLF twice) that ends in new bytes. */
const OVERLAP_BYTES = 3;
const NOTHING: Buffer = Buffer.alloc(0);

export function createCompleteEvents(bytesMax: number = EVENT_BYTES_MAX): CompleteEvents {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let tail: Buffer = NOTHING;
  let isTooLarge = false;
  const hold = (bytes: Buffer, before: Buffer): void => {
    held.push(bytes);
    heldBytes += bytes.length;
    tail = Buffer.concat([before, bytes.subarray(-OVERLAP_BYTES)]).subarray(-OVERLAP_BYTES);
    if (heldBytes <= bytesMax) return;
    isTooLarge = true;
    held = [];
  };
  return {
    push(bytes) {
      if (isTooLarge) return null;
      const end = endOfLastEvent(Buffer.concat([tail, bytes])) - tail.length;
      let whole = NOTHING;
      if (end > 0) {
        whole = Buffer.concat([...held, bytes.subarray(0, end)]);
        held = [];
        heldBytes = 0;
        hold(bytes.subarray(end), NOTHING);
      } else hold(bytes, tail);
      return isTooLarge ? null : whole;
    },
    rest: () => Buffer.concat(held),
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
