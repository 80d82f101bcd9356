import { createHash, type Hash } from 'node:crypto';
import type { Canonical } from '#shared/formats/canonical.ts';

type Messages = readonly { readonly role: string; readonly content: unknown }[];
type Fields = Readonly<Record<string, unknown>>;

/**
 * Keys of a conversation. The request after an answer has the key that the answer left behind, whatever the client
 * added to its blocks (`cache_control`, `citations: null`) or took from them.
 */
export interface Transcript {
  /** Up to and with the last answer among the messages; null when nobody has answered. */
  readonly key: string | null;
  /** Of the whole conversation and an answer that is not among its messages yet. To be asked for once. */
  keyWith(answer: unknown): string;
}

/** Marks of what follows. A client that puts them into its texts confuses nobody's sessions but its own. */
const MARKS = { role: '\u0001', text: '\u0002', call: '\u0003', result: '\u0004', end: '\u0005', other: '\u0006' };

export function readTranscript(
  keyId: string | null,
  { body, isOneByte }: Pick<Canonical, 'body' | 'isOneByte'>,
): Transcript {
  const messages: Messages = body.messages;
  const encoding = isOneByte === true ? 'latin1' : 'utf8';
  const hash = createHash('sha256').update(keyId ?? '');
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  // The hash goes on over what follows, so that the conversation is read once for both keys.
  if (last >= 0) hash.update(essenceOf(messages.slice(0, last + 1)), encoding);
  return {
    key: last < 0 ? null : hash.copy().digest('base64'),
    keyWith(answer) {
      hash.update(essenceOf(messages.slice(last + 1)), encoding);
      return withAnswer(hash, answer);
    },
  };
}

function withAnswer(hash: Hash, answer: unknown): string {
  return hash.update(essenceOf([{ role: 'assistant', content: answer }])).digest('base64');
}

/** What a client cannot change about messages when it sends them back, as one text. */
function essenceOf(messages: Messages): string {
  let text = '';
  for (const { role, content } of messages) text += MARKS.role + role + contentEssence(content);
  return text;
}

function contentEssence(content: unknown): string {
  if (typeof content === 'string') return MARKS.text + content;
  let text = '';
  if (Array.isArray(content)) for (const block of content as Fields[]) text += blockEssence(block);
  return text;
}

/** Thinking may be left out, and empty text is, so neither counts. */
function blockEssence(block: Fields): string {
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      return '';
    case 'text':
      return block['text'] === '' ? '' : MARKS.text + String(block['text']);
    case 'tool_use':
      return `${MARKS.call}${String(block['id'])}${MARKS.end}${String(block['name'])}`;
    case 'tool_result':
      return `${MARKS.result}${String(block['tool_use_id'])}${contentEssence(block['content'])}${MARKS.end}`;
    default:
      return MARKS.other + String(block['type']);
  }
}
