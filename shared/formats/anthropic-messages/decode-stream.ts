import { accumulate } from '../accumulate-message.ts';
import { brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { createFrameState, type DecoderStream, fail } from '../stream-frame.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';

/** Whether an event has the parts that a message is built from. What has not is handed on, and not built in. */
function isWellFormed(event: object): boolean {
  const { type, message, content_block, delta, index } = event as JsonObject;
  if (type === 'message_start')
    return isJsonObject(message) && Array.isArray(message['content']) && message['content'].every(isJsonObject);
  if (type === 'content_block_start') return isJsonObject(content_block) && Number.isSafeInteger(index);
  return type === 'content_block_delta' || type === 'message_delta' ? isJsonObject(delta) : true;
}

/** Reads one event, which is canonical already: it is handed on as it is, and the message that it builds is kept. */
function readEvent(stream: DecoderStream, payload: JsonObject): void {
  const { state } = stream;
  if (typeof payload['type'] !== 'string') {
    fail(stream, brokenUpstream('The upstream sent stream data that is not an event.'));
    return;
  }
  const event = payload as unknown as CanonicalStreamEvent;
  stream.events.push(event);
  if (event.type === 'error') {
    state.failure = apiErrorFromAnthropicError(event);
    state.phase = 'failed';
    return;
  }
  if (isWellFormed(event)) accumulate(stream.accumulated, event);
  state.upstreamStopReason = stream.accumulated.message?.stop_reason ?? null;
  if (event.type === 'message_stop') state.phase = 'complete';
}

/** Reads an Anthropic stream. */
export const createStreamDecoder = defineStreamDecoder({
  format: 'anthropic-messages',
  createState: createFrameState,
  read: readEvent,
  close: failUnfinished,
});
