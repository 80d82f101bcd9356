import type { PrefixTried, World } from './create-world.ts';

export interface Optimum {
  readonly model: number;
  readonly prefix: PrefixTried;
  readonly price: number;
  /** The quality that may be asked for: the bar, or the best model's where none reaches it. */
  readonly required: number;
}

/** What the clairvoyant serves: the cheapest listed model whose true quality meets the bar, else the best one. */
export function optimumOf(world: World, shape: number, at: number): Optimum {
  let cheapest: Optimum | null = null;
  let best: Optimum = { model: 0, prefix: 0, price: 0, required: -1 };
  for (const model of world.models.keys()) {
    if (!world.isListed(model, at)) continue;
    const prefix = bestPrefix(world, shape, model, at);
    const quality = world.quality(shape, model, at, prefix);
    const price = world.price(model, at);
    if (quality > best.required) best = { model, prefix, price, required: quality };
    if (quality >= world.bar && (cheapest === null || price < cheapest.price)) {
      cheapest = { model, prefix, price, required: world.bar };
    }
  }
  return cheapest ?? best;
}

/** A prefix is there to be chosen from the day on which it is proposed. */
function bestPrefix(world: World, shape: number, model: number, at: number): PrefixTried {
  const proposed = world.events.some((event) => event.kind === 'mixed_prefix' && at >= event.from);
  return proposed && world.quality(shape, model, at, 1) > world.quality(shape, model, at, 0) ? 1 : 0;
}
