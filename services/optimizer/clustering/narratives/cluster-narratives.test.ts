import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { similarityOf } from '../embedders/embedder.ts';
import { linkByAverage } from './average-linkage.ts';
import { clusterNarratives } from './cluster-narratives.ts';
import { fitLatentSpace, type LatentSpace, placeInSpace } from './latent-space.ts';

const KINDS = {
  edits: [
    'the edit did not match the file',
    'replacing text failed as the string was not unique',
    'whitespace of the replaced string differs in the file',
  ],
  context: [
    'listing every directory filled the context',
    'the context window overflowed with long listings',
    'a huge directory listing used up the window',
  ],
  syntax: [
    'the patch left a syntax error behind',
    'indentation broke and python could not parse the module',
    'parse error after a broken indentation',
  ],
} as const;
const PROJECTS = ['flask', 'django', 'ansible', 'qutebrowser', 'element', 'navidrome', 'vuls', 'teleport'];

/** Verdicts of three kinds, worded from their sentences, on different projects. */
const NARRATIVES = Object.entries(KINDS).flatMap(([kind, sentences]) =>
  PROJECTS.map((project, index) => ({
    id: `${kind}-${project}`,
    text: `In ${project} ${sentences[index % 3]}. Also ${sentences[(index + 1) % 3]}; ${project} was not fixed.`,
  })),
);

describe('groups of narratives', () => {
  it('put verdicts of one kind together, whatever project they are on', () => {
    const { groups } = clusterNarratives(NARRATIVES);
    const kinds = groups.map((ids) => new Set(ids.map((id) => id.split('-')[0])));
    expect(kinds.every((each) => each.size === 1)).toBe(true);
    expect(groups.length).toBeLessThan(NARRATIVES.length / 2);
  });

  it('are the same in whatever order the narratives come', () => {
    expect(clusterNarratives(NARRATIVES.toReversed())).toEqual(clusterNarratives(NARRATIVES));
  });

  it('take none, one and empty ones', () => {
    expect(clusterNarratives([]).groups).toEqual([]);
    expect(clusterNarratives([{ id: 'a', text: '' }]).groups).toEqual([['a']]);
  });

  it('have a space in which a newcomer finds its kind, also after it was stored', () => {
    const space = JSON.parse(JSON.stringify(fitLatentSpace(NARRATIVES.map(({ text }) => text)))) as LatentSpace;
    const newcomer = placeInSpace(space, 'In zulip a long directory listing overflowed the context window');
    const likest = NARRATIVES.map(({ id, text }) => ({
      id,
      likeness: similarityOf(newcomer, placeInSpace(space, text)),
    })).sort((left, right) => right.likeness - left.likeness);
    expect(likest[0]?.id).toMatch(/^context/);
  });
});

/** Means of groups that are nearer to each other are equal but for how they were added up. */
const TIE = 1e-9;

describe('average linkage', () => {
  const matrices = fc.integer({ min: 1, max: 9 }).chain((size) =>
    fc
      .array(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: size, maxLength: size }), {
        minLength: size,
        maxLength: size,
      })
      .map(
        // Digits of their own keep pairs from tying, where the definition leaves the order open.
        (rows) =>
          rows.map((row, i) =>
            Float64Array.from(
              row,
              (_value, j) =>
                ((rows[Math.min(i, j)]?.[Math.max(i, j)] ?? 0) + (Math.min(i, j) * 10 + Math.max(i, j)) / 1_000) / 101,
            ),
          ),
      ),
  );

  /** Joins the likest pair of groups again and again, by the definition; null where two pairs tie, and it is open which. */
  function byDefinition(similarities: readonly Float64Array[], joinFrom: number): number[][] | null {
    let groups = similarities.map((_row, index) => [index]);
    for (;;) {
      const pairs = groups.flatMap((one, i) =>
        groups.slice(i + 1).map((other) => {
          const all = one.flatMap((a) => other.map((b) => similarities[a]![b]!));
          return { one, other, mean: all.reduce((sum, value) => sum + value, 0) / all.length };
        }),
      );
      const [best, second] = pairs.sort((left, right) => right.mean - left.mean);
      if (best === undefined || best.mean < joinFrom) return groups;
      if (second !== undefined && best.mean - second.mean < TIE) return null;
      groups = [
        ...groups.filter((each) => each !== best.one && each !== best.other),
        [...best.one, ...best.other].sort((a, b) => a - b),
      ];
    }
  }

  it('finds by chains what joining the likest pairs finds', () => {
    const sorted = (groups: readonly (readonly number[])[]) => groups.map((group) => group.join()).sort();
    fc.assert(
      fc.property(matrices, fc.integer({ min: -5, max: 9 }), (similarities, tenths) => {
        const joinFrom = tenths / 10 + 0.000_7;
        const expected = byDefinition(similarities, joinFrom);
        fc.pre(expected !== null);
        expect(sorted(linkByAverage(similarities, joinFrom))).toEqual(sorted(expected ?? []));
      }),
      { numRuns: 200 },
    );
  });
});
