import { type PolicyTarget, WEIGHT_TOTAL } from '#shared/domain/policy.ts';

export interface WeightStep {
  /** Weight per model that is aimed at, out of WEIGHT_TOTAL, to which they sum. */
  readonly aim: ReadonlyMap<string, number>;
  /** Models that lose all their weight at once, whatever the step: harm is not taken out of service by halves. */
  readonly dropped: ReadonlySet<string>;
  /** The most that moves in one step, out of WEIGHT_TOTAL. */
  readonly stepMax: number;
}

/**
 * Targets after one step towards the aim. What dropped models had goes to the model with the largest aim; of the rest at
 * most `stepMax` moves, from the models furthest above their aim to those furthest below. Targets keep their prefixes, and
 * the last one of a model keeps its place for the prefix when all its weight is gone: the model may come back, and is as
 * good as it was with that. Of several targets of one model the first gains and the smallest lose first.
 */
export function moveWeight(targets: readonly PolicyTarget[], step: WeightStep): PolicyTarget[] {
  const leader = [...step.aim].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', -1] as const)[0];
  const weights = new Map<string, number>();
  let freed = 0;
  for (const target of targets) {
    if (step.dropped.has(target.model) && target.model !== leader) freed += target.weight;
    else weights.set(target.model, (weights.get(target.model) ?? 0) + target.weight);
  }
  weights.set(leader, (weights.get(leader) ?? 0) + freed);
  shift(weights, step);
  return distribute(targets, weights);
}

/** Moves up to the step from those above their aim to those below it. */
function shift(weights: Map<string, number>, step: WeightStep): void {
  const gaps = [...new Set([...weights.keys(), ...step.aim.keys()])].map((model) => ({
    model,
    gap: (step.aim.get(model) ?? 0) - (weights.get(model) ?? 0),
  }));
  const wanted = gaps.reduce((sum, { gap }) => sum + Math.max(0, gap), 0);
  const amount = Math.min(step.stepMax, wanted);
  for (const sign of [1, -1]) {
    let left = amount;
    for (const { model, gap } of gaps.toSorted((one, other) => sign * (other.gap - one.gap))) {
      const part = Math.min(left, Math.max(0, sign * gap));
      if (part === 0) continue;
      weights.set(model, (weights.get(model) ?? 0) + sign * part);
      left -= part;
    }
  }
}

/** The weights per model, laid onto the targets that there are; a model without one gets a new target. */
function distribute(targets: readonly PolicyTarget[], weights: ReadonlyMap<string, number>): PolicyTarget[] {
  const moved: PolicyTarget[] = [];
  for (const target of targets) {
    const known = moved.some((each) => each.model === target.model);
    const own = targets.filter((each) => each.model === target.model);
    const total = weights.get(target.model) ?? 0;
    const held = own.reduce((sum, each) => sum + each.weight, 0);
    if (own.length === 1) moved.push({ ...target, weight: total });
    else if (total >= held) moved.push(known ? target : { ...target, weight: target.weight + total - held });
    else moved.push({ ...target, weight: shareOf(own, target, held - total) });
  }
  for (const [model, weight] of weights) {
    if (!targets.some((target) => target.model === model)) moved.push({ model, weight });
  }
  return moved.filter((target) => target.weight > 0 || holdsPrefix(target, moved));
}

/** Whether a target without weight is all that says with which prefix its model is served. */
function holdsPrefix(target: PolicyTarget, targets: readonly PolicyTarget[]): boolean {
  return (
    target.prefixId !== undefined &&
    targets.find((each) => each.model === target.model) === target &&
    !isServed(target.model, targets)
  );
}

function isServed(model: string, targets: readonly PolicyTarget[]): boolean {
  return targets.some((target) => target.model === model && target.weight > 0);
}

/** What is left of one of a model's targets when the model loses `loss`, taken from its smallest targets first. */
function shareOf(own: readonly PolicyTarget[], target: PolicyTarget, loss: number): number {
  let owed = loss;
  for (const each of own.toSorted((one, other) => one.weight - other.weight)) {
    const taken = Math.min(owed, each.weight);
    if (each === target) return each.weight - taken;
    owed -= taken;
  }
  return target.weight;
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
  const allowed = targets.filter((target) => isAllowed(target.model));
  const kept = allowed.filter((target) => target.weight > 0 || holdsPrefix(target, allowed));
  const largest = kept.reduce<PolicyTarget | undefined>(
    (best, target) => (best === undefined || target.weight > best.weight ? target : best),
    undefined,
  );
  if (largest === undefined || largest.weight === 0) return [{ model: safeDefault, weight: WEIGHT_TOTAL }];
  const missing = WEIGHT_TOTAL - kept.reduce((sum, target) => sum + target.weight, 0);
  return kept.map((target) => (target === largest ? { ...target, weight: target.weight + missing } : target));
}
