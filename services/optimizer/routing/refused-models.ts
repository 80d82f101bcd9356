import type { PolicyBody } from '#shared/domain/policy.ts';
import { diffPolicies } from './diff-policies.ts';

/** A model that was to serve a turn shape, and did not stand its canary. */
export interface RefusedModel {
  readonly turnShape: string;
  readonly model: string;
}

/** The models that policies were to bring into shapes. Which of several it was that failed nobody knows: all wait. */
export function refusedModels(
  policies: readonly { readonly before: PolicyBody; readonly after: PolicyBody }[],
): RefusedModel[] {
  const found = new Map<string, RefusedModel>();
  for (const { before, after } of policies) {
    for (const { type, turnShape, model, from, to } of diffPolicies(before, after)) {
      if (type !== 'weight' || turnShape === null || from > 0 || to === 0) continue;
      found.set(JSON.stringify([turnShape, model]), { turnShape, model });
    }
  }
  return [...found.values()];
}

/** Whether a policy gives the model weight in the shape, as it may by now; what serves is not taken out by a refusal. */
export function isServed(policy: PolicyBody, { turnShape, model }: RefusedModel): boolean {
  const routes = policy.routes.filter((route) => route.match.turnShape === turnShape);
  return routes.some(({ targets }) => targets.some((target) => target.model === model && target.weight > 0));
}
