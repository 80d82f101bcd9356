import { isRecord } from '../json.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { createConversation, type Passage } from './conversation.ts';

/** What the user wrote in the next request after this call's reply; null when no request followed. */
export function readFollowingTexts({ next, request }: ScoringSubject): readonly Passage[] | null {
  if (next === null) return null;
  const messages = Array.isArray(next['messages']) ? (next['messages'] as unknown[]) : [];
  const asked = Array.isArray(request?.['messages']) ? (request['messages'] as unknown[]).length : 0;
  const reply = messages.findIndex((message, index) => index >= asked && isAssistant(message));
  // A client that made its history shorter has put the reply elsewhere: what counts comes after the last one.
  const from = reply === -1 ? messages.findLastIndex(isAssistant) : reply;
  const end = messages.findIndex((message, index) => index > from && isAssistant(message));
  // What stands before is left out, and keeps its place.
  const rest = messages.map((message, index) => (index > from && (end === -1 || index < end) ? message : null));
  const texts = createConversation({ messages: rest }, null)?.userTexts ?? [];
  return texts;
}

function isAssistant(message: unknown): boolean {
  return isRecord(message) && message['role'] === 'assistant';
}
