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

const NOTHING: Buffer = Buffer.alloc(0);

export function createCompleteEvents(bytesMax: number = EVENT_BYTES_MAX): CompleteEvents {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lastByte: number | undefined;
  let isTooLarge = false;
  const hold = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes <= bytesMax) return;
    isTooLarge = true;
    held = [];
  };
  return {
    push(bytes) {
      if (isTooLarge) return null;
      const end = endOfLastEvent(bytes, lastByte, heldBytes === 0);
      lastByte = bytes.at(-1) ?? lastByte;
      let whole = NOTHING;
      if (end > 0) {
        whole = held.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...held, bytes.subarray(0, end)]);
        held = [];
        heldBytes = 0;
      }
      hold(bytes.subarray(end));
      return isTooLarge ? null : whole;
    },
    rest: () => Buffer.concat(held),
  };
}

/**
 * Where the last blank line ends; 0 when there is none. Lines end with LF, CRLF or CR, in any mixture, as the standard
 * of server-sent events has it. A CR ends its line before it is known whether an LF follows, because nothing may follow
 * for long; the LF then goes after it.
 */
function endOfLastEvent(bytes: Buffer, byteBefore: number | undefined, isEventSent: boolean): number {
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    const byte = bytes[index];
    if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) continue;
    const previous = index === 0 ? byteBefore : bytes[index - 1];
    if (previous !== LINE_FEED && previous !== CARRIAGE_RETURN) continue;
    const isPair = byte === LINE_FEED && previous === CARRIAGE_RETURN;
    if (!isPair) return index + 1;
    if (index === 0) return isEventSent ? 1 : 0;
    const beforePair = index === 1 ? byteBefore : bytes[index - 2];
    if (beforePair === LINE_FEED || beforePair === CARRIAGE_RETURN) return index + 1;
  }
  return 0;
}
