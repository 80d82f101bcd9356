import { isRecord, type JsonRecord } from '../json.ts';

/** The messages of a call in their order: those of the request, then the reply. */
export interface Conversation {
  readonly messages: readonly JsonRecord[];
}

/** Null where the request was not captured. */
export function createConversation(request: JsonRecord | null, response: JsonRecord | null): Conversation | null {
  if (request === null) return null;
  const messages = Array.isArray(request['messages']) ? (request['messages'] as unknown[]).filter(isRecord) : [];
  return { messages: response === null ? messages : [...messages, response] };
}
