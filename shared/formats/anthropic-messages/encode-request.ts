import type { Canonical } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { EncodedRequest } from '../format.ts';
import { type Loss, lossPointer, recordLoss } from '../loss.ts';
import { patchRequestBody } from './patch-request-body.ts';

/** A canonical request for an Anthropic-format upstream: itself, under the target's model id. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const { body: patched, losses: patchLosses } = patchRequestBody(canonical.body, { model: target.model });
  const losses: Loss[] = [...patchLosses];
  let body = patched;
  if (target.maxOutputTokens !== undefined && (body.max_tokens ?? 0) > target.maxOutputTokens) {
    const detail = `max_tokens clamped to ${target.maxOutputTokens}`;
    recordLoss(losses, { kind: 'clamped', pointer: '/max_tokens', format: 'anthropic-messages', detail });
    body = { ...body, max_tokens: target.maxOutputTokens };
  }
  for (const [family, values] of Object.entries(canonical.extras)) {
    for (const key of Object.keys(values ?? {})) {
      const detail = 'field of another wire family';
      const pointer = lossPointer('extras', family, key);
      recordLoss(losses, { kind: 'dropped', pointer, format: 'anthropic-messages', detail });
    }
  }
  return { body, headers: { 'content-type': 'application/json' }, path: '/v1/messages', losses };
}
