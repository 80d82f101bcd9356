import { type PolicyRoute, WEIGHT_TOTAL } from '#shared/domain/policy.ts';

/** One way in which a route may serve a session; the chances of a list sum to one, or to nothing when it is empty. */
export interface TargetChance {
  readonly model: string;
  readonly prefixId?: string;
  readonly chance: number;
}

/** Resolves a model's id or alias to the id, or to nothing when the model is not allow-listed. */
export type AllowedName = (name: string) => string | undefined;

/** The route's own targets that may be served, by weight; the weights of dropped ones are shared out among the rest. */
export function targetChances(route: PolicyRoute, allowed: AllowedName): TargetChance[] {
  const open = route.targets.flatMap((target) => {
    const model = allowed(target.model);
    return model === undefined || target.weight === 0 ? [] : [{ ...target, model }];
  });
  const total = open.reduce((sum, target) => sum + target.weight, 0);
  return open.map(({ model, prefixId, weight }) => ({
    model,
    ...(prefixId === undefined ? {} : { prefixId }),
    chance: weight / total,
  }));
}

/**
 * Chances of a session inside the exploration slice. A model is tried with the prefix that it has among the targets, be it
 * without weight there: it is to be known as it would serve. Its share is of all the route's sessions, so inside a slice
 * of probability p it is share / p; what the shares leave of the slice goes to the route's targets, and shares that do
 * not fit into the slice are scaled down together: exploration never leaves its fence.
 */
export function exploringChances(
  route: PolicyRoute,
  targets: readonly TargetChance[],
  explorationProbability: number,
  allowed: AllowedName,
): TargetChance[] {
  const explored = route.exploration.flatMap((candidate) => {
    const model = allowed(candidate.model);
    if (model === undefined || candidate.share === 0) return [];
    return [{ model, ...prefixOnTrial(route, model, allowed), share: candidate.share / WEIGHT_TOTAL }];
  });
  const wanted = explored.reduce((sum, candidate) => sum + candidate.share, 0);
  const slice = Math.max(wanted, explorationProbability);
  if (slice === 0) return [...targets];
  const left = 1 - wanted / slice;
  const rest = targets.map((target) => ({ ...target, chance: target.chance * left }));
  return mergeChances([...explored.map(({ share, ...tried }) => ({ ...tried, chance: share / slice })), ...rest]);
}

/** The prefix of the model's largest target, in which the one that would grow is. */
function prefixOnTrial(route: PolicyRoute, model: string, allowed: AllowedName): { readonly prefixId?: string } {
  const own = route.targets.filter((target) => allowed(target.model) === model);
  const prefixId = own.toSorted((left, right) => right.weight - left.weight)[0]?.prefixId;
  return prefixId === undefined ? {} : { prefixId };
}

/** The chances of a session before it is known whether it explores. */
export function overallChances(
  targets: readonly TargetChance[],
  exploring: readonly TargetChance[],
  explorationProbability: number,
): TargetChance[] {
  const scaled = (chances: readonly TargetChance[], factor: number) =>
    chances.map((chance) => ({ ...chance, chance: chance.chance * factor }));
  return mergeChances([...scaled(targets, 1 - explorationProbability), ...scaled(exploring, explorationProbability)]);
}

/** The entry that u in [0, 1) falls on. */
export function drawTarget(chances: readonly TargetChance[], u: number): TargetChance | undefined {
  let passed = 0;
  for (const chance of chances) {
    passed += chance.chance;
    if (u < passed) return chance;
  }
  // Rounding may leave the sum a hair under one.
  return chances.findLast((chance) => chance.chance > 0);
}

export function isSameTarget(left: TargetChance, right: TargetChance): boolean {
  return left.model === right.model && left.prefixId === right.prefixId;
}

/** One entry for each model and prefix, in order of first mention, without those that have no chance. */
function mergeChances(chances: readonly TargetChance[]): TargetChance[] {
  const merged: TargetChance[] = [];
  for (const chance of chances) {
    if (chance.chance <= 0) continue;
    const index = merged.findIndex((entry) => isSameTarget(entry, chance));
    const known = merged[index];
    if (known === undefined) merged.push(chance);
    else merged[index] = { ...known, chance: known.chance + chance.chance };
  }
  return merged;
}
