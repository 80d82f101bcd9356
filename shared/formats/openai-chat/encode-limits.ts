import type { CanonicalBody } from '../canonical.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { clampMaxTokens, encodeSampling, encodeStopSequences } from '../request-options.ts';

/** `temperature` and `top_p` within what the server takes. */
function fitSampling(encoding: Encoding, sampling: JsonObject): JsonObject {
  const { temperatureMax, acceptsTopPOfOne } = encoding.target;
  const { temperature, top_p: topP, ...rest } = sampling;
  const isTooHot = typeof temperature === 'number' && temperature > temperatureMax;
  if (isTooHot) lose(encoding, 'clamped', ['temperature'], `temperature clamped to ${temperatureMax}`);
  // A top_p of 1 cuts nothing off, and so loses nothing when it is left out.
  const isIdleTopP = topP === 1 && !acceptsTopPOfOne;
  return {
    ...rest,
    ...(temperature === undefined ? {} : { temperature: isTooHot ? temperatureMax : temperature }),
    ...(topP === undefined || isIdleTopP ? {} : { top_p: topP }),
  };
}

/** What bounds an answer: its length, its chance and the texts that end it. */
export function encodeLimits(encoding: Encoding, body: CanonicalBody): JsonObject {
  const { maxTokensField, stopSequencesMax } = encoding.target;
  const maxTokens = clampMaxTokens(encoding, body);
  const sampling = encodeSampling(encoding, body, { temperature: 'temperature', top_p: 'top_p' });
  const stop = encodeStopSequences(encoding, body, stopSequencesMax);
  return {
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    ...fitSampling(encoding, sampling),
    ...(stop.length === 0 ? {} : { stop }),
  };
}
