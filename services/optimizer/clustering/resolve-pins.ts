import type { Pin } from './pins.ts';

export interface ResolvedPins {
  /** The name of the group of pinned-together templates that this one is in: the least id of the group. */
  groupOf(templateId: string): string;
  /** Whether a person put these two groups apart. */
  areApart(group: string, other: string): boolean;
  /** Pins that newer ones contradict; the newer one holds. */
  readonly overruled: readonly Pin[];
}

/** Works out what pins say together. They are given oldest first. */
export function resolvePins(pins: readonly Pin[]): ResolvedPins {
  const parents = new Map<string, string>();
  const apart: (readonly [string, string])[] = [];
  const overruled: Pin[] = [];
  const find = (id: string): string => {
    let root = id;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  const areApart = (one: string, other: string) =>
    apart.some(([left, right]) => {
      const [a, b] = [find(left), find(right)];
      return (a === one && b === other) || (a === other && b === one);
    });
  for (const pin of pins.toReversed()) {
    const [one, other] = [find(pin.templateIds[0]), find(pin.templateIds[1])];
    if (pin.kind === 'together') {
      if (one === other) continue;
      if (areApart(one, other)) overruled.push(pin);
      // The least id stays the root, so that a group has one name in whatever order its pins came.
      else if (one < other) parents.set(other, one);
      else parents.set(one, other);
    } else if (one === other) overruled.push(pin);
    else apart.push([pin.templateIds[0], pin.templateIds[1]]);
  }
  return resolved(find, apart, overruled.toReversed());
}

function resolved(
  find: (id: string) => string,
  apart: readonly (readonly [string, string])[],
  overruled: readonly Pin[],
): ResolvedPins {
  const keys = new Set(
    apart.flatMap(([left, right]) => {
      const [a, b] = [find(left), find(right)];
      return [`${a}\u0000${b}`, `${b}\u0000${a}`];
    }),
  );
  return { groupOf: find, areApart: (group, other) => keys.has(`${group}\u0000${other}`), overruled };
}
