import { createHash, hash } from 'node:crypto';
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
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (last < 0) return { key: null, keyWith: (answer) => firstKey(keyId, essenceOf(messages), encoding, answer) };
  const hasher = createHash('sha256').update(keyId ?? '');
  // The hash goes on over what follows, so that the conversation is read once for both keys.
  hasher.update(essenceOf(messages.slice(0, last + 1)), encoding);
  return {
    key: hasher.copy().digest('base64'),
    keyWith(answer) {
      hasher.update(essenceOf(messages.slice(last + 1)), encoding);
      return hasher.update(answerEssence(answer)).digest('base64');
    },
  };
}

/** The key of a conversation that begins: all of it is there, and one hash at once costs half of a hash in pieces. */
function firstKey(keyId: string | null, asked: string, encoding: BufferEncoding, answer: unknown): string {
  const bytes = [Buffer.from(keyId ?? ''), Buffer.from(asked, encoding), Buffer.from(answerEssence(answer))];
  return hash('sha256', Buffer.concat(bytes), 'base64');
}

function answerEssence(answer: unknown): string {
  return essenceOf([{ role: 'assistant', content: answer }]);
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
