import type { RouteConfig, TrimtabConfig } from '../config/config-schema.ts';
import { type PolicyBody, type PolicyRoute, policyBodySchema, WEIGHT_TOTAL } from '../domain/policy.ts';
import { TURN_SHAPE_VERSION } from '../domain/turn-shape.ts';

/**
 * The policy that the `routes:` of a configuration file mean; null when the file allows no model. A file without
 * routes sends each model's own names to it.
 */
export function seedPolicyOf(config: TrimtabConfig): PolicyBody | null {
  const firstModel = config.models[0];
  if (firstModel === undefined) return null;
  const routes = config.routes.length > 0 ? config.routes.map(asRoute) : namesToModels(config);
  const lastRoute = config.routes.at(-1);
  return policyBodySchema.parse({
    schema: 1,
    turnShapeVersion: TURN_SHAPE_VERSION,
    routes,
    safeDefault: (lastRoute === undefined ? undefined : heaviest(lastRoute)) ?? firstModel.id,
  });
}

/** Integers that sum to the total and are as near to the given proportions as integers get (largest remainders). */
function integerWeights(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (weight / sum) * WEIGHT_TOTAL);
  const floors = exact.map(Math.floor);
  let left = WEIGHT_TOTAL - floors.reduce((total, weight) => total + weight, 0);
  const byRemainder = exact
    .map((weight, index) => ({ index, remainder: weight - Math.floor(weight) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left-- <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
  }
  return floors;
}

function asRoute(route: RouteConfig, index: number): PolicyRoute {
  const { model, ...rest } = route.match;
  const match = Object.fromEntries(
    Object.entries({ requestModel: model, ...rest }).filter(([, value]) => value !== undefined),
  );
  const weights = integerWeights(route.targets.map((target) => target.weight));
  return {
    id: route.id ?? `route-${index + 1}`,
    match,
    targets: route.targets.map((target, at) => ({ model: target.model, weight: weights[at] ?? 0 })),
    fallbacks: [...route.fallbacks],
    exploration: [],
  };
}

function namesToModels(config: TrimtabConfig): PolicyRoute[] {
  return config.models.flatMap((model) =>
    [model.id, ...model.aliases].map((name) => ({
      id: `model-${name}`.slice(0, 200),
      match: { requestModel: name },
      targets: [{ model: model.id, weight: WEIGHT_TOTAL }],
      fallbacks: [],
      exploration: [],
    })),
  );
}

function heaviest(route: RouteConfig): string | undefined {
  return [...route.targets].sort((a, b) => b.weight - a.weight)[0]?.model;
}
