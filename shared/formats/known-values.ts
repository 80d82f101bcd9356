/** All values of requests that are handed out again as the same object. */
const handedOut = new WeakSet<object>();

/** Whether a value is frozen and may come again as the same object, so that what is made of it may be kept. */
export function isKnownValue(value: unknown): value is object {
  return typeof value === 'object' && value !== null && handedOut.has(value);
}

/** Freezes a parsed value with all that is in it; from now on it may be handed out again. */
export function makeKnown(value: object): void {
  if (handedOut.has(value)) return;
  freeze(value);
  handedOut.add(value);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}
