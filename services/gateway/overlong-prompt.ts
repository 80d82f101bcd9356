import { type ApiError, invalidRequest } from '#shared/formats/api-error.ts';
import type { ServedModel } from './config.ts';
import { bodyOf } from './observe-tokens.ts';
import type { RoutedCall } from './routed-call.ts';
import type { TokenCalibrator } from './token-calibrator.ts';

/**
 * The error for a prompt that surely does not fit the context of its target, in the words by which clients know to
 * compact; null for any other. Some servers cut what is too long without a word, and a client that takes the model for a
 * larger one would never learn of it. What may just fit is for the upstream to say.
 */
export function overlongPrompt(
  tokens: Pick<TokenCalibrator, 'countAtLeast'>,
  call: RoutedCall,
  served: ServedModel | undefined,
): ApiError | null {
  const maximum = served?.model.contextTokens;
  // Counting takes milliseconds; most prompts are far from any limit, by their size alone.
  if (served === undefined || maximum === undefined || call.inputTokensEstimate <= maximum) return null;
  const body = bodyOf(call);
  if (body === null) return null;
  const counted = tokens.countAtLeast({ provider: served.provider.name, model: served.model.id }, body);
  return counted <= maximum ? null : invalidRequest(`prompt is too long: ${counted} tokens > ${maximum} maximum`);
}
