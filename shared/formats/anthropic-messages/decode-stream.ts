import type { SseEvent } from '../../upstream/sse.ts';
import { type AccumulatedMessage, accumulate, createAccumulatedMessage } from '../accumulate-message.ts';
import { type ApiError, brokenUpstream } from '../api-error.ts';
import type { CanonicalErrorEvent, CanonicalStreamEvent } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';

/** What an Anthropic stream leaves behind from one event to the next. Plain data. */
export interface AnthropicStreamState {
  readonly accumulated: AccumulatedMessage;
  failure: ApiError | null;
  isEnded: boolean;
}

function parseEvent(data: string): CanonicalStreamEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    return isJsonObject(value) && typeof value['type'] === 'string' ? (value as CanonicalStreamEvent) : null;
  } catch {
    return null;
  }
}

/** Whether an event has the parts that a message is built from. What has not is handed on, and not built in. */
function isWellFormed(event: object): boolean {
  const { type, message, content_block, delta, index } = event as JsonObject;
  if (type === 'message_start')
    return isJsonObject(message) && Array.isArray(message['content']) && message['content'].every(isJsonObject);
  if (type === 'content_block_start') return isJsonObject(content_block) && Number.isSafeInteger(index);
  return type === 'content_block_delta' || type === 'message_delta' ? isJsonObject(delta) : true;
}

function failWith(state: AnthropicStreamState, error: ApiError): CanonicalErrorEvent {
  state.failure = error;
  state.isEnded = true;
  return { type: 'error', error: { type: error.type, message: error.message } };
}

function push(state: AnthropicStreamState, event: SseEvent): CanonicalStreamEvent[] {
  if (event.data.trim() === '' || event.data.trim() === '[DONE]') return [];
  const parsed = parseEvent(event.data);
  if (parsed === null) return [failWith(state, brokenUpstream('The upstream sent stream data that is not an event.'))];
  if (parsed.type === 'error') {
    state.failure = apiErrorFromAnthropicError(parsed);
    state.isEnded = true;
    return [parsed];
  }
  if (isWellFormed(parsed)) accumulate(state.accumulated, parsed);
  if (parsed.type === 'message_stop') state.isEnded = true;
  return [parsed];
}

/**
 * Reads an Anthropic stream. Its events are canonical already: they are handed on as they are, and the message that
 * they build is kept.
 */
export function createStreamDecoder(
  _context: DecodeContext,
  state: AnthropicStreamState = { accumulated: createAccumulatedMessage(), failure: null, isEnded: false },
): StreamDecoder {
  return {
    push: (event) => (state.isEnded ? [] : push(state, event)),
    end() {
      if (state.isEnded) return [];
      return [failWith(state, brokenUpstream('The upstream stream ended before the answer was complete.'))];
    },
    message: () => state.accumulated.message,
    isComplete: () => state.accumulated.stopped,
    failure: () => state.failure,
    losses: () => [],
    upstreamStopReason: () => state.accumulated.message?.stop_reason ?? null,
    state,
  };
}
