import type { CompleteEvents } from './complete-events.ts';

/** The chunk that says the usage has no choice; others may have none, too, but say nothing of usage. */
const NO_CHOICE = /"choices"\s*:\s*\[\s*\]/;
/** Lines end with LF, CRLF or CR; a CRLF is one end, never two. More than one blank line belongs to the event before. */
const EVENT_END = /(?:\r\n|\n|\r(?!\n)){2,}/g;
const LINE_ENDS = /^[\r\n]+/;

/**
 * Takes the chunk with the usage out of a forwarded stream whose client has not asked for it. The gateway has, because
 * without it nobody knows what the call cost. All other bytes stay as they are.
 */
export function hideUsage(events: CompleteEvents): CompleteEvents {
  let isLastKept = true;
  return {
    push: (bytes) => {
      const whole = events.push(bytes);
      if (whole === null) return null;
      const { kept, isLastKept: isKept } = withoutUsage(whole, isLastKept);
      isLastKept = isKept;
      return kept;
    },
    rest: () => withoutUsage(events.rest(), isLastKept).kept,
  };
}

/** Line ends at the start belong to the event before, which may end in pieces, and share its fate. */
function withoutUsage(bytes: Buffer, isBeforeKept: boolean): { readonly kept: Buffer; readonly isLastKept: boolean } {
  // Byte for byte, whatever the text is.
  const text = bytes.toString('latin1');
  const hasUsage = NO_CHOICE.test(text);
  if (isBeforeKept && !hasUsage) return { kept: bytes, isLastKept: true };
  let start = LINE_ENDS.exec(text)?.[0].length ?? 0;
  const kept = isBeforeKept ? [bytes.subarray(0, start)] : [];
  if (!hasUsage) return { kept: bytes.subarray(start), isLastKept: start < text.length };
  let isLastKept = isBeforeKept;
  EVENT_END.lastIndex = start;
  while (start < text.length) {
    const blank = EVENT_END.exec(text);
    const end = blank === null ? text.length : blank.index + blank[0].length;
    isLastKept = !isUsage(text.slice(start, end));
    if (isLastKept) kept.push(bytes.subarray(start, end));
    start = end;
  }
  return { kept: Buffer.concat(kept), isLastKept };
}

function isUsage(event: string): boolean {
  return NO_CHOICE.test(event) && /"usage"\s*:\s*\{/.test(event);
}
