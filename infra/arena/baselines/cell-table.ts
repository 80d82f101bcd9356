import { type StartingKnowledge, WARM_SESSIONS } from '../world/arena-policy.ts';
import type { World } from '../world/create-world.ts';

/** Running counts per shape and model, of any weight. */
export interface Cell {
  count: number;
  sum: number;
}

/** A table of cells that starts with what is known: fifty sessions at the true quality when warm, nothing when cold. */
export function createCellTable(world: World, start: StartingKnowledge, strength = 1): Cell[][] {
  return world.shapes.map((_, shape) =>
    world.models.map((_model, model) => {
      const known = start.warm && world.isListed(model, 0);
      const count = known ? WARM_SESSIONS * strength : 0;
      return { count, sum: count * world.quality(shape, model, 0, 0) };
    }),
  );
}

export function listedModels(world: World, at: number): number[] {
  return [...world.models.keys()].filter((model) => world.isListed(model, at));
}

/** The cheapest of some models at a session; the first of the list when none is cheaper. */
export function cheapestOf(world: World, models: readonly number[], at: number): number {
  return models.reduce(
    (best, model) => (world.price(model, at) < world.price(best, at) ? model : best),
    models[0] ?? 0,
  );
}

/** The model of the largest value. */
export function bestOf(models: readonly number[], value: (model: number) => number): number {
  return models.reduce((best, model) => (value(model) > value(best) ? model : best), models[0] ?? 0);
}

/** The cheapest model whose value reaches the bar, else the one of the largest value. */
export function cheapestAtBar(
  world: World,
  models: readonly number[],
  at: number,
  bar: number,
  value: (model: number) => number,
): number {
  const reaching = models.filter((model) => value(model) >= bar);
  return reaching.length > 0 ? cheapestOf(world, reaching, at) : bestOf(models, value);
}
