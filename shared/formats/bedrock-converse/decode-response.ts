import { brokenUpstream } from '../api-error.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { deliveredResponse, openStream, startMessage } from '../stream-frame.ts';
import { completeConverseStream } from './complete-stream.ts';
import { decodeUsage } from './decode-usage.ts';
import { readStop } from './read-event.ts';
import { addDelta, startTool, stopSegment } from './stream-deltas.ts';
import { type ConverseStream, createConverseStreamState } from './stream-state.ts';

function addBlock(stream: ConverseStream, key: number, block: unknown): void {
  if (!isJsonObject(block)) return;
  if (isJsonObject(block['toolUse'])) startTool(stream, key, block['toolUse']);
  addDelta(stream, key, block);
  stopSegment(stream, key);
}

/**
 * Decodes a whole answer by playing it through the stream decoder, so that a client gets the same message whether it
 * asked for a stream or not.
 */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  const output = isJsonObject(body) ? body['output'] : undefined;
  const message = isJsonObject(output) ? output['message'] : undefined;
  const content = isJsonObject(message) ? message['content'] : undefined;
  if (!isJsonObject(body) || !Array.isArray(content)) {
    return { type: 'failed', error: brokenUpstream('The upstream answer holds no message.') };
  }
  const stream = openStream('bedrock-converse', createConverseStreamState(), context);
  const { state } = stream;
  state.usage = decodeUsage(body['usage']);
  startMessage(stream);
  for (const [key, block] of content.entries()) addBlock(stream, key, block);
  readStop(stream, body);
  if (state.failure === null) completeConverseStream(stream);
  return deliveredResponse(stream);
}
