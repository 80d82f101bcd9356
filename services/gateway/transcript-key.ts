import { createHash } from 'node:crypto';
import type { CanonicalBody } from '#shared/formats/canonical.ts';

type Messages = readonly { readonly role: string; readonly content: unknown }[];
type Fields = Readonly<Record<string, unknown>>;

/**
 * A key of a conversation up to and with its last answer. The request after an answer has the key that the answer left
 * behind, whatever the client added to its blocks (`cache_control`, `citations: null`) or took from them.
 *
 * @param answer content of an answer that is not among the messages yet
 * @returns null when nobody has answered
 */
export function transcriptKey(
  keyId: string | null,
  body: Pick<CanonicalBody, 'messages'>,
  answer?: unknown,
): string | null {
  const messages: Messages =
    answer === undefined ? body.messages : [...body.messages, { role: 'assistant', content: answer }];
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (last < 0) return null;
  const hash = createHash('sha256').update(JSON.stringify(keyId));
  for (const message of messages.slice(0, last + 1)) {
    hash.update(JSON.stringify([message.role, blocksOf(message.content)]));
  }
  return hash.digest('base64');
}

function blocksOf(content: unknown): unknown {
  if (typeof content === 'string') return [['text', content]];
  return Array.isArray(content) ? (content as Fields[]).flatMap((block) => [essence(block)].filter(isPresent)) : null;
}

function isPresent(value: unknown): boolean {
  return value !== null;
}

/** What a client cannot change about a block when it sends it back. Thinking may be left out, so it does not count. */
function essence(block: Fields): readonly unknown[] | null {
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      return null;
    case 'text':
      return block['text'] === '' ? null : ['text', block['text']];
    case 'tool_use':
      return ['tool_use', block['id'], block['name']];
    case 'tool_result':
      return ['tool_result', block['tool_use_id'], blocksOf(block['content'])];
    default:
      return [block['type']];
  }
}
