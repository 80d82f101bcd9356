import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FoundCluster, type KnownCluster, matchIdentity, PROPOSE_ABOVE } from './match-identity.ts';

const known = (id: string, templateIds: readonly string[], openedAtMs = 0): KnownCluster => ({
  id,
  templateIds,
  openedAtMs,
});
const found = (key: string, ...templateIds: readonly string[]): FoundCluster => ({ key, templateIds });
const masses =
  (mass: Readonly<Record<string, number>>) =>
  (id: string): number =>
    mass[id] ?? 0;
const one = () => 1;

describe('identity over a night', () => {
  it('keeps every id when nothing changed, in whatever order clusters come', () => {
    const match = matchIdentity(
      [known('A', ['a', 'b']), known('B', ['c'])],
      [found('c', 'c'), found('a', 'a', 'b')],
      one,
    );
    expect(Object.fromEntries(match.clusterIdOf)).toEqual({ c: 'B', a: 'A' });
    expect(match).toMatchObject({ lineage: [], movedMass: 0, movedShare: 0, unmatchedIds: [] });
  });

  it('lets a cluster grow by templates that nobody knew, however many failures they bring', () => {
    const match = matchIdentity([known('A', ['a'])], [found('x', 'a', 'new')], masses({ a: 10, new: 1_000 }));
    expect(match.clusterIdOf.get('x')).toBe('A');
    expect(match.movedShare).toBe(0);
  });

  it('splits: the largest part keeps the id, the other true part has its parent written down, a splinter has not', () => {
    const mass = masses({ a: 60, b: 30, c: 10 });
    const match = matchIdentity(
      [known('A', ['a', 'b', 'c'])],
      [found('a', 'a'), found('b', 'b'), found('c', 'c')],
      mass,
    );
    expect(Object.fromEntries(match.clusterIdOf)).toEqual({ a: 'A', b: null, c: null });
    expect(match.lineage).toEqual([{ kind: 'split', parentId: 'A', childKey: 'b', mass: 30 }]);
    expect(match.movedShare).toBeCloseTo(0.4);
    expect(match.movedShare).toBeGreaterThan(PROPOSE_ABOVE);
  });

  it('keeps the id with the largest of three parts, though none is half of the whole', () => {
    const mass = masses({ a: 40, b: 30, c: 30 });
    const match = matchIdentity(
      [known('A', ['a', 'b', 'c'])],
      [found('a', 'a'), found('b', 'b'), found('c', 'c')],
      mass,
    );
    expect(match.clusterIdOf.get('a')).toBe('A');
    expect(match.lineage.map((step) => step.childKey)).toEqual(['b', 'c']);
  });

  it('merges: the oldest id survives, and the other leads to it', () => {
    const before = [known('young', ['a'], 2_000), known('old', ['b'], 1_000)];
    const match = matchIdentity(before, [found('ab', 'a', 'b')], masses({ a: 60, b: 40 }));
    expect(match.clusterIdOf.get('ab')).toBe('old');
    expect(match.lineage).toEqual([{ kind: 'merge', parentId: 'young', childKey: 'ab', mass: 60 }]);
  });

  it('does not let an old crumb take the name of a large cluster that absorbs it', () => {
    const before = [known('large', ['a'], 2_000), known('crumb', ['b'], 1_000)];
    const match = matchIdentity(before, [found('ab', 'a', 'b')], masses({ a: 97, b: 3 }));
    expect(match.clusterIdOf.get('ab')).toBe('large');
    expect(match.lineage).toEqual([{ kind: 'merge', parentId: 'crumb', childKey: 'ab', mass: 3 }]);
  });

  it('leaves a cluster alone that had no failure in the window', () => {
    const match = matchIdentity([known('quiet', ['a']), known('B', ['b'])], [found('b', 'b')], one);
    expect(match.unmatchedIds).toEqual(['quiet']);
    expect(match.movedShare).toBe(0);
  });

  it('loses no failure: each known cluster lives on once or leads elsewhere once, and what moved and stayed is all', () => {
    const groupings = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        groupings,
        groupings,
        fc.array(fc.nat({ max: 9 }), { minLength: 20, maxLength: 20 }),
        (old, next, mass) => {
          const before = groupsOf(old).map((ids, index) => known(`K${index}`, ids, index * 10));
          const after = groupsOf(next).map((ids, index) => found(`F${index}`, ...ids));
          const massOf = (id: string) => mass[Number(id)] ?? 0;
          const match = matchIdentity(before, after, massOf);
          const kept = [...match.clusterIdOf.values()].filter((id) => id !== null);
          expect(new Set(kept).size).toBe(kept.length);
          const merged = match.lineage.filter((step) => step.kind === 'merge').map((step) => step.parentId);
          expect([...kept, ...merged, ...match.unmatchedIds].sort()).toEqual(before.map(({ id }) => id).sort());
          const idOf = new Map(
            after.flatMap(({ key, templateIds }) => templateIds.map((id) => [id, match.clusterIdOf.get(key)])),
          );
          const seen = before.flatMap((cluster) =>
            cluster.templateIds.filter((id) => idOf.has(id)).map((id) => ({ id, own: cluster.id })),
          );
          const moved = seen.filter(({ id, own }) => idOf.get(id) !== own).reduce((sum, { id }) => sum + massOf(id), 0);
          expect(match.movedMass).toBeCloseTo(moved);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Numbers 0, 1, 2 ... by the group that is given for each. */
function groupsOf(groups: readonly number[]): string[][] {
  return [
    ...Map.groupBy(
      groups.map((group, index) => ({ group, id: String(index) })),
      ({ group }) => group,
    ).values(),
  ].map((members) => members.map(({ id }) => id));
}
