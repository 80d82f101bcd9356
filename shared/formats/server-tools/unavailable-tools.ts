import type { CanonicalBody } from '../canonical.ts';

/** What the model is told in place of the tools, so that it neither calls them nor writes calls as text. */
function instruction(kinds: readonly string[]): string {
  const they = kinds.length > 1 ? 'them' : 'it';
  return `Not available here: ${kinds.join(', ')}. Do not call ${they}, and do not write such a call as text. Answer from what you know and from the tools that you have, and say so where the answer would have needed ${they}.`;
}

/** The instructions of a request, with a last word about tools that the model does not get. */
export function withUnavailableTools(
  system: CanonicalBody['system'],
  kinds: readonly string[],
): CanonicalBody['system'] {
  if (kinds.length === 0) return system;
  const block = { type: 'text' as const, text: instruction(kinds) };
  if (system === undefined || system === '') return [block];
  return typeof system === 'string' ? [{ type: 'text', text: system }, block] : [...system, block];
}
