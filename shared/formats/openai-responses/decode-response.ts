import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { deliveredResponse, openStream } from '../stream-frame.ts';
import { completeResponse } from './complete-stream.ts';
import { failResponse } from './read-event.ts';
import { createResponsesStreamState } from './stream-state.ts';

/**
 * Decodes a whole response by playing it through the stream decoder as its own last event, so that a client gets the
 * same message whether it asked for a stream or not.
 */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  const stream = openStream('openai-responses', createResponsesStreamState(), context);
  if (isJsonObject(body['error'])) failResponse(stream, body['error']);
  else if (body['status'] === 'failed') failResponse(stream, null);
  else if (!Array.isArray(body['output'])) {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no output.') };
  } else completeResponse(stream, body);
  return deliveredResponse(stream);
}
