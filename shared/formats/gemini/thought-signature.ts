/**
 * Thought signatures travel through the client in the `signature` of a thinking block: clients give those blocks back
 * unchanged, so that any replica can serve the next turn. A tool id would survive clients that drop thinking, but
 * signatures are kilobytes long and every tool result would repeat them. The tag tells whose signature it is, so that
 * it never reaches another vendor's model, and which part it came with: the thought itself, or the call behind it.
 */
const TAGS = { thought: 'gemini-thought:', call: 'gemini-call:' } as const;

export interface TaggedSignature {
  readonly of: keyof typeof TAGS;
  readonly signature: string;
}

/** What Google documents for calls that come without a signature, as from another model's history. */
export const SKIPPED_SIGNATURE = 'skip_thought_signature_validator';

export function tagSignature({ of, signature }: TaggedSignature): string {
  return `${TAGS[of]}${signature}`;
}

/** The signature inside a thinking block's, or null when another vendor made it. */
export function readTaggedSignature(text: unknown): TaggedSignature | null {
  if (typeof text !== 'string') return null;
  for (const kind of ['thought', 'call'] as const) {
    if (text.startsWith(TAGS[kind])) return { of: kind, signature: text.slice(TAGS[kind].length) };
  }
  return null;
}
