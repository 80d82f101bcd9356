import type { PolicyBody, PolicyRoute } from '#shared/domain/policy.ts';

/** One difference between two policies, in words that a person can check; weights and shares out of 10,000. */
export interface PolicyChange {
  readonly type: 'weight' | 'exploration' | 'fallbacks' | 'safeDefault';
  readonly routeId: string | null;
  readonly turnShape: string | null;
  readonly model: string;
  readonly from: number;
  readonly to: number;
}

/**
 * What the second policy changes. A route that is new is compared with the one that took its calls before: the next
 * route after it that the first policy has too.
 */
export function diffPolicies(before: PolicyBody, after: PolicyBody): PolicyChange[] {
  const changes = after.routes.flatMap((route, index) => {
    const known = after.routes.slice(index).map((later) => before.routes.find((each) => each.id === later.id));
    return diffRoutes(
      known.find((each) => each !== undefined),
      route,
    );
  });
  if (before.safeDefault !== after.safeDefault) {
    changes.push({ type: 'safeDefault', routeId: null, turnShape: null, model: after.safeDefault, from: 0, to: 1 });
  }
  return changes;
}

function diffRoutes(before: PolicyRoute | undefined, after: PolicyRoute): PolicyChange[] {
  const sums = (type: PolicyChange['type'], from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>) =>
    [...new Set([...from.keys(), ...to.keys()])]
      .map((model) => ({
        type,
        routeId: after.id,
        turnShape: after.match.turnShape ?? null,
        model,
        from: from.get(model) ?? 0,
        to: to.get(model) ?? 0,
      }))
      .filter((change) => change.from !== change.to);
  return [
    ...sums('weight', weightsOf(before), weightsOf(after)),
    ...sums('exploration', sharesOf(before), sharesOf(after)),
    ...sums('fallbacks', positionsOf(before), positionsOf(after)),
  ];
}

function weightsOf(route: PolicyRoute | undefined): Map<string, number> {
  const sums = new Map<string, number>();
  for (const target of route?.targets ?? []) sums.set(target.model, (sums.get(target.model) ?? 0) + target.weight);
  return sums;
}

function sharesOf(route: PolicyRoute | undefined): Map<string, number> {
  return new Map(route?.exploration.map((candidate) => [candidate.model, candidate.share]));
}

function positionsOf(route: PolicyRoute | undefined): Map<string, number> {
  return new Map(route?.fallbacks.map((model, index) => [model, index + 1]));
}
