import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { deliveredResponse, lose, openStream } from '../stream-frame.ts';
import { completeGeminiStream } from './complete-stream.ts';
import { pushGeminiChunk } from './read-event.ts';
import { createGeminiStreamState } from './stream-state.ts';

/**
 * Decodes a whole response by playing it through the stream decoder as one chunk, so that a client gets the same
 * message whether it asked for a stream or not.
 */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body)) {
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  }
  const stream = openStream('gemini', createGeminiStreamState(), context);
  const { state } = stream;
  pushGeminiChunk(stream, body);
  if (state.failure === null && state.phase === 'waiting') {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no candidate.') };
  }
  if (state.failure === null) {
    if (state.upstreamStopReason === null)
      lose(stream, 'approximated', '/stop_reason', 'upstream gave no finishReason');
    completeGeminiStream(stream);
  }
  return deliveredResponse(stream);
}
