import { brokenUpstream } from '../api-error.ts';
import type { CanonicalMessage } from '../canonical.ts';
import type { DecodeContext, DecodedResponse } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';

/** Takes a whole Anthropic answer as it is, once it is one. */
export function decodeResponse(body: unknown, _context: DecodeContext): DecodedResponse {
  if (!isJsonObject(body))
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a JSON object.') };
  if (body['type'] === 'error') return { type: 'failed', error: apiErrorFromAnthropicError(body) };
  if (!Array.isArray(body['content']) || !body['content'].every(isJsonObject) || !isJsonObject(body['usage'])) {
    return { type: 'failed', error: brokenUpstream('The upstream answer is not a message.') };
  }
  // Content and usage are all that is read of it; the rest is handed on.
  const message = body as unknown as CanonicalMessage;
  return { type: 'decoded', message, losses: [], upstreamStopReason: message.stop_reason ?? null };
}
