import { sha256Hex } from '#shared/content-hash.ts';

/** The four words of sfc32. */
export type RandomState = readonly [number, number, number, number];

/** Draws of one purpose. Its state is four words, so that a search can show on resume that it draws on where it was. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform among 0 to count - 1. */
  integer(count: number): number;
  normal(): number;
  pick<Item>(items: readonly Item[]): Item;
  /** An index with chance in proportion to its weight; uniform when all weights are 0. */
  weighted(weights: readonly number[]): number;
  shuffled<Item>(items: readonly Item[]): Item[];
  /** Up to `count` different items, in drawn order. */
  sample<Item>(items: readonly Item[], count: number): Item[];
  state(): RandomState;
}

/**
 * One stream for each purpose, so that a draw more in one place changes nothing in another. sfc32 (Doty-Humphrey),
 * seeded with a digest of seed and purpose; every seed counts, 0 included. Not for secrets.
 */
export function createRandomStream(seed: number | string, purpose: string): RandomStream {
  const digest = sha256Hex(`${seed}\u0000${purpose}`);
  const word = (index: number) => Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16) | 0;
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)];
  const uniform = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  const integer = (count: number) => Math.floor(uniform() * count);
  const sample = <Item>(items: readonly Item[], count: number) => drawSome(items, count, integer);
  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (items) => {
      const [item] = sample(items, 1);
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    weighted: (weights) => weightedIndex(weights, uniform()),
    shuffled: (items) => sample(items, items.length),
    sample,
    state: () => [a | 0, b | 0, c | 0, counter | 0],
  };
}

/** The first steps of Fisher and Yates. */
function drawSome<Item>(items: readonly Item[], count: number, integer: (count: number) => number): Item[] {
  const rest = [...items];
  const drawn: Item[] = [];
  while (drawn.length < count && rest.length > 0) {
    const at = integer(rest.length);
    const last = rest.pop() as Item;
    const item = at === rest.length ? last : (rest[at] as Item);
    if (at < rest.length) rest[at] = last;
    drawn.push(item);
  }
  return drawn;
}

function weightedIndex(weights: readonly number[], uniform: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return Math.floor(uniform * weights.length);
  let left = uniform * total;
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0 && weight > 0) return index;
  }
  return weights.findLastIndex((weight) => weight > 0);
}
