import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { completeResponse } from './complete-stream.ts';
import { failResponse } from './read-event.ts';
import { createResponsesStreamState, type ResponsesStream } from './stream-state.ts';

/**
 * Decodes a whole response by playing it through the stream decoder as its own last event, so that a client gets the
 * same message whether it asked for a stream or not.
 */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  const stream: ResponsesStream = { state: createResponsesStreamState(), context, events: [] };
  const { state } = stream;
  if (isJsonObject(body['error'])) failResponse(stream, body['error']);
  else if (body['status'] === 'failed') failResponse(stream, null);
  else if (!Array.isArray(body['output'])) {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no output.') };
  } else completeResponse(stream, body);
  const { message } = state.accumulated;
  if (state.failure !== null || message === null) {
    return { type: 'failed', error: state.failure ?? brokenUpstream('The upstream answer is empty.') };
  }
  return { type: 'decoded', message, losses: state.losses, upstreamStopReason: state.stopReason };
}
