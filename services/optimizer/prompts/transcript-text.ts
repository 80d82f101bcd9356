/** Depth of nesting that is read; canonical messages have less. */
const DEPTH_MAX = 12;

/** Every text inside a stored request or reply, for comparing a candidate with what users wrote. */
export function textsOf(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return [];
  return Object.values(value).flatMap((member) => textsOf(member, depth + 1));
}
