import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { createChatStreamState } from '../openai-chat/stream-state.ts';
import { deliveredResponse, openStream } from '../stream-frame.ts';
import { readEnd, readMessage } from './read-event.ts';

/** Decodes a whole answer of Cohere's own chat API by playing it through the stream decoder. */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  const message = isJsonObject(body) ? body['message'] : undefined;
  if (!isJsonObject(body) || !isJsonObject(message)) {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no message.') };
  }
  const stream = openStream('cohere-chat', createChatStreamState(), context);
  readMessage(stream, message);
  readEnd(stream, body);
  return deliveredResponse(stream);
}
