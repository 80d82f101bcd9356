import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { EncodedRequest } from '../format.ts';
import { type Loss, lossPointer, recordLoss } from '../loss.ts';
import { withoutOpenaiTools } from '../server-tools/plain-server-tools.ts';
import { fitThinking } from './fit-thinking.ts';
import { patchRequestBody } from './patch-request-body.ts';

/** The API demands a version; a client of its own says which. */
const ANTHROPIC_VERSION = '2023-06-01';
/** The API demands a limit that clients of other formats need not give; every model in service takes this one. */
const OUTPUT_TOKENS_DEFAULT = 8_192;
/** Other formats let the temperature go to 2. */
const TEMPERATURE_MAX = 1;

/** Makes a request of a client of another format one that the API takes. */
function withinLimits(body: CanonicalBody, target: EncodeTarget, losses: Loss[]): CanonicalBody {
  let fitted = body;
  if (fitted.max_tokens === undefined) {
    const max_tokens = Math.min(OUTPUT_TOKENS_DEFAULT, target.maxOutputTokens ?? OUTPUT_TOKENS_DEFAULT);
    const detail = `max_tokens is required; set to ${max_tokens}`;
    recordLoss(losses, { kind: 'repaired', pointer: '/max_tokens', format: 'anthropic-messages', detail });
    fitted = { ...fitted, max_tokens };
  }
  if ((fitted.temperature ?? 0) > TEMPERATURE_MAX) {
    const detail = `temperature clamped to ${TEMPERATURE_MAX}`;
    recordLoss(losses, { kind: 'clamped', pointer: '/temperature', format: 'anthropic-messages', detail });
    fitted = { ...fitted, temperature: TEMPERATURE_MAX };
  }
  return fitted;
}

/** A canonical request for an Anthropic-format upstream: itself, under the target's model id. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const losses: Loss[] = [];
  const own = withoutOpenaiTools({ format: 'anthropic-messages', losses }, canonical.body);
  const { body: patched, losses: patchLosses } = patchRequestBody(own, { model: target.model });
  losses.push(...patchLosses);
  // A client that asks for the very model knows what it takes.
  const isRerouted = canonical.body.model !== target.model;
  const thinking = isRerouted ? fitThinking(patched, target.family ?? target.model, losses) : patched;
  let body = withinLimits(thinking, target, losses);
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
  const headers = { 'content-type': 'application/json', 'anthropic-version': ANTHROPIC_VERSION };
  return { body, headers, path: '/v1/messages', losses };
}
