import { brokenUpstream } from '../api-error.ts';
import type { CanonicalMessage } from '../canonical.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { type Loss, recordLoss } from '../loss.ts';
import { EMPTY_INPUT, requiresInput } from '../tool-use-block.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';
import { CONTRADICTED_STOP, repairStopReason } from './repair-stop-reason.ts';

/** Calls without arguments of tools that cannot do without. */
function inputLosses(message: CanonicalMessage, { request }: DecodeContext): Loss[] {
  const losses: Loss[] = [];
  for (const [index, block] of message.content.entries()) {
    if (block.type !== 'tool_use' || Object.keys(block.input ?? {}).length > 0) continue;
    if (!requiresInput(request, block.name)) continue;
    const detail = EMPTY_INPUT;
    recordLoss(losses, { kind: 'repaired', pointer: `/content/${index}/input`, format: 'anthropic-messages', detail });
  }
  return losses;
}

/** Takes a whole Anthropic answer as it is, once it is one. */
export function decodeResponse(body: unknown, context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  if (body['type'] === 'error') return { type: 'failed', error: apiErrorFromAnthropicError(body) };
  if (!Array.isArray(body['content']) || !body['content'].every(isJsonObject) || !isJsonObject(body['usage'])) {
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a message.') };
  }
  // Content and usage are all that is read of it; the rest is handed on.
  const message = body as unknown as CanonicalMessage;
  const losses = inputLosses(message, context);
  const upstreamStopReason = message.stop_reason ?? null;
  const stopReason = repairStopReason(upstreamStopReason, message.content);
  if (stopReason === upstreamStopReason) return { type: 'decoded', message, losses, upstreamStopReason };
  recordLoss(losses, {
    kind: 'repaired',
    pointer: '/stop_reason',
    format: 'anthropic-messages',
    detail: CONTRADICTED_STOP,
  });
  const repaired = { ...message, stop_reason: stopReason };
  return { type: 'decoded', message: repaired, losses, upstreamStopReason, isRewritten: true };
}
