import { isRecord, type JsonRecord } from '../json.ts';
import type { ScoringSubject } from '../scoring-subject.ts';

/** A message of the request and where it stands. */
export interface PlacedMessage {
  readonly index: number;
  readonly message: JsonRecord;
}

/** The last turn of the assistant in the request and what came back for it; older ones were scored with their calls. */
export interface LatestExchange {
  /** The assistant's messages without one of the user's between them. */
  readonly assistant: readonly PlacedMessage[];
  /** What followed them; empty where the request ends with the assistant's own words. */
  readonly user: readonly PlacedMessage[];
}

export function readLatestExchange({ request }: ScoringSubject): LatestExchange | null {
  const messages = request?.['messages'];
  if (!Array.isArray(messages)) return null;
  const placed = (messages as unknown[]).flatMap((message, index): PlacedMessage[] =>
    isRecord(message) && message['role'] !== 'system' ? [{ index, message }] : [],
  );
  const last = placed.findLastIndex(({ message }) => message['role'] === 'assistant');
  const before = placed.slice(0, last + 1).findLastIndex(({ message }) => message['role'] !== 'assistant');
  return { assistant: placed.slice(before + 1, last + 1), user: placed.slice(last + 1) };
}

/** Blocks of a kind in these messages, with their pointers. */
export function blocksOf(
  messages: readonly PlacedMessage[],
  type: string,
): readonly { readonly pointer: string; readonly block: JsonRecord; readonly message: number }[] {
  return messages.flatMap(({ index, message }) => {
    const content = Array.isArray(message['content']) ? (message['content'] as unknown[]) : [];
    return content.flatMap((block, at) =>
      isRecord(block) && block['type'] === type
        ? [{ pointer: `/messages/${index}/content/${at}`, block, message: index }]
        : [],
    );
  });
}
