import type { CreatePolicy } from '../world/arena-policy.ts';
import { optimumOf } from '../world/clairvoyant.ts';
import { bestOf, cheapestOf, listedModels } from './cell-table.ts';

/** Always the model that is best over all shapes at the start. */
export const bestOfQuality: CreatePolicy = (world) => {
  const total = (model: number) => world.shapes.reduce((sum, _, shape) => sum + world.quality(shape, model, 0, 0), 0);
  const model = bestOf(listedModels(world, 0), total);
  return { choose: () => ({ model, prefix: 0 }), learn: () => {} };
};

/** The right model per shape as things are at the start, for ever. */
export const tunedAtStart: CreatePolicy = (world) => {
  const models = world.shapes.map((_, shape) => optimumOf(world, shape, 0).model);
  return { choose: ({ shape }) => ({ model: models[shape] ?? 0, prefix: 0 }), learn: () => {} };
};

/** The cheapest model that has not failed hard just now: what gateways do that see errors and not quality. */
export function cheapestWithCooldown(cooldownMs: number): CreatePolicy {
  return (world) => {
    const coolUntil = world.models.map(() => 0);
    return {
      choose({ index, startMs }) {
        const models = listedModels(world, index);
        const warm = models.filter((model) => (coolUntil[model] ?? 0) <= startMs);
        return { model: cheapestOf(world, warm.length > 0 ? warm : models, index), prefix: 0 };
      },
      learn({ choice, hardFailure, session }) {
        if (hardFailure) coolUntil[choice.model] = session.startMs + cooldownMs;
      },
    };
  };
}

/** Knows everything: the cheapest model at the bar in the world as it is, with the prefix that suits it. */
export const clairvoyant: CreatePolicy = (world) => ({
  choose({ shape, index }) {
    const { model, prefix } = optimumOf(world, shape, index);
    return { model, prefix };
  },
  learn: () => {},
});
