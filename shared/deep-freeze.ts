/** Freezes a JSON value with everything in it, and gives it back: whoever changed what is shared would change it for all. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
