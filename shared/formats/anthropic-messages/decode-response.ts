import { brokenUpstream } from '../api-error.ts';
import type { CanonicalMessage } from '../canonical.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { createFrameState, type DecoderStream, lose, openStream } from '../stream-frame.ts';
import { noteEmptyInput } from '../tool-use-block.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';
import { EMPTY_TEXT, withOwnId } from './read-event.ts';
import { CONTRADICTED_STOP, repairStopReason } from './repair-stop-reason.ts';

/** The content as every client takes it; the very same list when nothing had to be put right. */
function repairContent(stream: DecoderStream, content: CanonicalMessage['content']): CanonicalMessage['content'] {
  if (content.length === 0) return [EMPTY_TEXT];
  const repaired = content.map((block, index) => {
    if (block.type !== 'tool_use') return block;
    if (Object.keys(block.input ?? {}).length === 0) noteEmptyInput(stream, index, block.name);
    return withOwnId(stream, block, index);
  });
  return repaired.every((block, index) => block === content[index]) ? content : repaired;
}

/** Takes a whole Anthropic answer as it is, once it is one; the few things that not every client takes are put right. */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  if (body['type'] === 'error') return { type: 'failed', error: apiErrorFromAnthropicError(body) };
  if (!Array.isArray(body['content']) || !body['content'].every(isJsonObject) || !isJsonObject(body['usage'])) {
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a message.') };
  }
  // Content and usage are all that is read of it; the rest is handed on.
  const message = body as unknown as CanonicalMessage;
  const stream = openStream('anthropic-messages', createFrameState(), context);
  const { losses } = stream.state;
  const upstreamStopReason = message.stop_reason ?? null;
  const content = repairContent(stream, message.content);
  const stopReason = repairStopReason(upstreamStopReason, message.content);
  if (stopReason !== upstreamStopReason) lose(stream, 'repaired', '/stop_reason', CONTRADICTED_STOP);
  else if (content === message.content) return { type: 'decoded', message, losses, upstreamStopReason };
  const repaired = { ...message, content, stop_reason: stopReason };
  return { type: 'decoded', message: repaired, losses, upstreamStopReason, isRewritten: true };
}
