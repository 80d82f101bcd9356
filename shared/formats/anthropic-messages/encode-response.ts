import type { CanonicalMessage } from '../canonical.ts';

/** The canonical form is the wire form. */
export function encodeResponse(message: CanonicalMessage): unknown {
  return message;
}
