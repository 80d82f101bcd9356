import { type PolicyTarget, WEIGHT_TOTAL } from '#shared/domain/policy.ts';

/**
 * Targets after one step towards serving `model` alone: it gains at most `stepMax` (out of WEIGHT_TOTAL), taken from the
 * smallest weights of other models first, and a target left without weight goes. Targets keep the prefixes they had,
 * and several targets of the model itself stay as they are, but for the gain of the first.
 */
export function moveWeight(targets: readonly PolicyTarget[], model: string, stepMax: number): PolicyTarget[] {
  const others = targets.filter((target) => target.model !== model);
  const gain = Math.min(
    stepMax,
    others.reduce((sum, target) => sum + target.weight, 0),
  );
  const left = new Map<PolicyTarget, number>();
  let owed = gain;
  for (const target of others.toSorted((one, other) => one.weight - other.weight)) {
    const taken = Math.min(owed, target.weight);
    left.set(target, target.weight - taken);
    owed -= taken;
  }
  const receiver = targets.find((target) => target.model === model);
  const moved = targets.map((target) => {
    const weight = left.get(target) ?? target.weight;
    return { ...target, weight: target === receiver ? weight + gain : weight };
  });
  if (receiver === undefined) moved.push({ model, weight: gain });
  return moved.filter((target) => target.weight > 0);
}

/**
 * Targets without the models that may no longer be served. What they had goes to the largest that is left, or all of it
 * to the safe default: an off-list model leaves at once, whatever the step.
 */
export function withoutModels(
  targets: readonly PolicyTarget[],
  isAllowed: (model: string) => boolean,
  safeDefault: string,
): PolicyTarget[] {
  const kept = targets.filter((target) => isAllowed(target.model) && target.weight > 0);
  const largest = kept.reduce<PolicyTarget | undefined>(
    (best, target) => (best === undefined || target.weight > best.weight ? target : best),
    undefined,
  );
  if (largest === undefined) return [{ model: safeDefault, weight: WEIGHT_TOTAL }];
  const missing = WEIGHT_TOTAL - kept.reduce((sum, target) => sum + target.weight, 0);
  return kept.map((target) => (target === largest ? { ...target, weight: target.weight + missing } : target));
}
