import fc from 'fast-check';
import { isJsonObject } from '../formats/json-object.ts';

/** A change to make somewhere in a JSON value: what stands at a place picked by `place` becomes `value`, or goes. */
export interface Mutation {
  readonly place: number;
  readonly value: unknown;
  readonly isRemoval: boolean;
}

/** What no server documents and some send: null, wrong types, huge and odd numbers, broken text, words of the language. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, 'valueOf', 'constructor', '__proto__'),
  fc.constantFrom<unknown>(null, true, '', 'text', -1, 1e308, 2 ** 53, '\ud800', '\u0000', [], {}, [null], [[]], {
    type: 'text',
    text: 7,
  }),
  fc.jsonValue({ maxDepth: 2 }),
);

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(),
  value: odd,
  isRemoval: fc.boolean(),
});

/** Every holder and key in a value, in order. */
function placesIn(value: unknown): readonly { holder: object; key: string | number }[] {
  if (Array.isArray(value)) return value.flatMap((item, key) => [{ holder: value, key }, ...placesIn(item)]);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [{ holder: value, key }, ...placesIn(item)]);
}

/** A copy of a JSON value with changes; the first ones can take the place of later ones away. */
export function mutate<Value>(value: Value, mutations: readonly Mutation[]): Value {
  const copy = JSON.parse(JSON.stringify(value)) as Value;
  for (const change of mutations) {
    const places = placesIn(copy);
    const at = places[change.place % Math.max(1, places.length)];
    if (at === undefined) continue;
    const holder = at.holder as Record<string | number, unknown>;
    if (change.isRemoval && !Array.isArray(holder)) delete holder[at.key];
    else holder[at.key] = JSON.parse(JSON.stringify(change.value ?? null));
  }
  return copy;
}
