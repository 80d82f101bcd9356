import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { deliveredResponse, openStream, startMessage } from '../stream-frame.ts';
import { completeInteraction } from './read-event.ts';
import { startStep } from './read-step.ts';
import { createInteractionStreamState } from './stream-state.ts';

/** Decodes a whole interaction by playing its steps through the stream decoder. Before, they were called outputs. */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  const steps = isJsonObject(body) ? (body['steps'] ?? body['outputs']) : undefined;
  if (!isJsonObject(body) || !(Array.isArray(steps) || typeof body['status'] === 'string')) {
    return { type: 'failed', error: brokenUpstream('The upstream answer is not an interaction.') };
  }
  const stream = openStream('gemini-interactions', createInteractionStreamState(), context);
  stream.state.model = nonEmptyString(body['model']);
  startMessage(stream);
  for (const [index, step] of (Array.isArray(steps) ? steps : []).entries()) {
    if (isJsonObject(step)) startStep(stream, index, step);
  }
  completeInteraction(stream, body);
  return deliveredResponse(stream);
}
