import { type ApiError, invalidRequest } from '#shared/formats/api-error.ts';
import { serverStateOf } from '#shared/formats/openai-responses/server-state.ts';
import type { TargetChoice } from '#shared/routing/choose-target.ts';
import type { ModelCatalogue } from './config.ts';
import { isForwardable } from './encode-call.ts';
import type { RoutedCall } from './routed-call.ts';

export type StateChoice =
  | { readonly type: 'placed'; readonly choice: TargetChoice }
  | { readonly type: 'refused'; readonly error: ApiError };

const MODEL_CHARACTERS_SHOWN = 200;

/**
 * Where a request may go that refers to what a provider keeps of earlier ones: to that provider alone, with the
 * client's own bytes. Everything else may go where the policy says.
 */
export function keepState(
  call: {
    readonly incoming: Pick<RoutedCall['incoming'], 'clientFormat'>;
    readonly canonical: RoutedCall['canonical'];
  },
  choice: TargetChoice,
  models: ModelCatalogue,
): StateChoice {
  const fields = serverStateOf(call.canonical);
  if (fields.length === 0) return { type: 'placed', choice };
  const served = models.get(choice.target.model);
  if (served !== undefined && isForwardable(call, served))
    return { type: 'placed', choice: { ...choice, fallbacks: [] } };
  const model = call.canonical.body.model.slice(0, MODEL_CHARACTERS_SHOWN);
  const message = `Unsupported parameter: '${fields.join("', '")}': nothing is stored here, and ${model} is not served by a provider of the Responses API under this very name. Send the whole conversation in 'input' instead, with the items themselves.`;
  return { type: 'refused', error: invalidRequest(message, { error_code: 'unsupported_parameter' }) };
}
