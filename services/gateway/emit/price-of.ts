import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { ModelPrice } from './call-cost.ts';

/** The price of a model, from the governance that the policies in force were read with; null when it is not on it. */
export function priceOf(active: ActivePolicies, model: string): ModelPrice | null {
  const price = active.models.find(({ id }) => id === model)?.price;
  if (price === undefined) return null;
  return {
    version: String(active.governanceVersion),
    input: price.input,
    output: price.output,
    cacheRead: price.cacheRead ?? price.input,
    cacheWrite: price.cacheWrite ?? price.input,
  };
}
