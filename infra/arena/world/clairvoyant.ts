import type { World } from './create-world.ts';

export interface Optimum {
  readonly model: number;
  readonly price: number;
  /** The quality that may be asked for: the bar, or the best model's where none reaches it. */
  readonly required: number;
}

/** What the clairvoyant serves: the cheapest listed model whose true quality meets the bar, else the best one. */
export function optimumOf(world: World, shape: number, at: number): Optimum {
  let cheapest: Optimum | null = null;
  let best = { model: 0, price: 0, required: -1 };
  for (const model of world.models.keys()) {
    if (!world.isListed(model, at)) continue;
    const quality = Math.max(world.quality(shape, model, at, 0), world.quality(shape, model, at, 1));
    const price = world.price(model, at);
    if (quality > best.required) best = { model, price, required: quality };
    if (quality >= world.bar && (cheapest === null || price < cheapest.price)) {
      cheapest = { model, price, required: world.bar };
    }
  }
  return cheapest ?? best;
}
