import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { deliveredResponse, lose, openStream } from '../stream-frame.ts';
import { firstChoice } from './chunk.ts';
import { completeChatStream } from './complete-stream.ts';
import { pushChatChunk } from './read-event.ts';
import { createChatStreamState } from './stream-state.ts';

/** Whole answers list their calls without indexes; without them, calls that share an id would run together. */
function withIndexes(message: JsonObject): JsonObject {
  const calls = message['tool_calls'];
  if (!Array.isArray(calls)) return message;
  return {
    ...message,
    tool_calls: calls.map((call: unknown, index) => (isJsonObject(call) ? { ...call, index } : call)),
  };
}

/**
 * Decodes a whole completion by playing it through the stream decoder as one chunk, so that a client gets the same
 * message whether it asked for a stream or not.
 */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  const stream = openStream('openai-chat', createChatStreamState(), context);
  const choice = firstChoice(body);
  const message = choice !== null && isJsonObject(choice.message) ? withIndexes(choice.message) : undefined;
  pushChatChunk(stream, choice === null ? body : { ...body, choices: [{ ...choice, delta: message }] });
  const { state } = stream;
  if (state.failure === null && choice === null) {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no choice.') };
  }
  if (state.failure === null) {
    if (state.upstreamStopReason === null)
      lose(stream, 'approximated', '/stop_reason', 'upstream gave no finish_reason');
    completeChatStream(stream);
  }
  return deliveredResponse(stream);
}
