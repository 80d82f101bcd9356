import type { CanonicalBody } from '#shared/formats/canonical.ts';

/** Addresses are compared without what servers do not see, and without a last slash. */
function comparable(url: string): string {
  return url.replace(/#.*$/, '').replace(/\/+$/, '').toLowerCase();
}

function holds(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return comparable(value) === wanted || value.toLowerCase().includes(wanted);
  if (Array.isArray(value)) return value.some((entry) => holds(entry, wanted));
  return typeof value === 'object' && value !== null && Object.values(value).some((entry) => holds(entry, wanted));
}

/**
 * Whether somebody other than the model has named an address in the conversation: the user, a tool of the client's, or
 * an earlier result. A model that may fetch what it makes up itself could be talked into carrying secrets out in the
 * address.
 */
export function isPriorAddress(messages: CanonicalBody['messages'], url: string): boolean {
  const wanted = comparable(url);
  return messages.some(({ role, content }) => {
    if (role !== 'assistant') return holds(content, wanted);
    if (typeof content === 'string') return false;
    return content.some((block) => block.type.endsWith('_tool_result') && holds(block, wanted));
  });
}
