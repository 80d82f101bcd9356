/** Marks what this gateway wrote, so that no other provider's encrypted text is taken for it. */
const MARK = 'trimtab1.';

/**
 * The `encrypted_content` of a search result that the gateway found: the text of the result, in a form that clients
 * carry along unread. It is no secret, only opaque; whoever holds it may have changed it, and it is traffic like the rest.
 */
export function encodeSearchContent(text: string): string {
  return `${MARK}${Buffer.from(text, 'utf8').toString('base64url')}`;
}

/** The text of a result that `encodeSearchContent` wrote; null for what another provider encrypted. */
export function decodeSearchContent(content: unknown): string | null {
  if (typeof content !== 'string' || !content.startsWith(MARK)) return null;
  return Buffer.from(content.slice(MARK.length), 'base64url').toString('utf8');
}
