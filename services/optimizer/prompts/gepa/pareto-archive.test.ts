import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTexts } from './merge-texts.ts';
import { drawFromFronts, frontCounts, paretoFronts, withoutDominated } from './pareto-archive.ts';

function member(id: number, ...scores: number[]) {
  return { id, scores: new Map(scores.map((score, row) => [`r${row}`, score])) };
}

const ids = (fronts: ReadonlyMap<string, ReadonlySet<number>>) => [...fronts].map(([, front]) => [...front].sort());

describe('the Pareto archive', () => {
  it('holds for each row the candidates that tie for its best score', () => {
    const fronts = paretoFronts([member(0, 0, 0, 1), member(1, 1, 0, 1), member(2, 0, 0.5, 0)]);
    expect(ids(fronts)).toEqual([[1], [2], [0, 1]]);
  });

  it('drops a candidate whose every front holds another survivor', () => {
    const members = [member(0, 0, 0, 1), member(1, 1, 0, 1), member(2, 0, 0.5, 0)];
    expect(ids(withoutDominated(paretoFronts(members), members))).toEqual([[1], [2], [1]]);
  });

  it('keeps one of two that are equal everywhere', () => {
    const members = [member(0, 1, 1), member(1, 1, 1)];
    expect(ids(withoutDominated(paretoFronts(members), members))).toEqual([[1], [1]]);
  });

  it('drops a generalist that two specialists cover together, as published', () => {
    const members = [member(0, 1, 1, 0, 0), member(1, 1, 0, 1, 0), member(2, 0, 1, 0, 1)];
    // All means are 0.5; the first is looked at first, and 1 and 2 hold its fronts.
    expect(ids(withoutDominated(paretoFronts(members), members))).toEqual([[1], [2], [1], [2]]);
  });

  it('draws in proportion to the fronts', () => {
    const fronts = paretoFronts([member(0, 1, 1, 1, 0), member(1, 0, 0, 0, 1)]);
    expect([...frontCounts(fronts)]).toEqual([
      [0, 3],
      [1, 1],
    ]);
    const draw = (at: number) => drawFromFronts(fronts, () => at);
    expect([0, 0.5, 0.74, 0.76, 0.999].map(draw)).toEqual([0, 0, 0, 1, 1]);
    expect(drawFromFronts(new Map(), () => 0)).toBeNull();
  });

  it('always covers every row after the dominated are gone', () => {
    const score = fc.constantFrom(0, 0.5, 1);
    const table = fc.array(fc.array(score, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(table, (rows) => {
        const members = rows.map((scores, id) => member(id, ...scores));
        const fronts = withoutDominated(paretoFronts(members), members);
        for (const front of fronts.values()) expect(front.size).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a merge of two texts with a common ancestor', () => {
  it('takes what either added and drops what either dropped', () => {
    expect(mergeTexts('a\nb\nc', 'a\nb\nc\nx', 'a\nc\ny')).toBe('a\nc\ny\nx');
  });

  it('puts an added line after the line that it followed', () => {
    expect(mergeTexts('a\nb', 'a\nx\nb', 'a\nb\ny')).toBe('a\nx\nb\ny');
  });

  it('is null when one of the two says all of it already', () => {
    expect(mergeTexts('a', 'a\nb', 'a')).toBeNull();
    expect(mergeTexts('a', 'a\nb\nc', 'a\nc')).toBeNull();
    expect(mergeTexts('a', 'a', 'a')).toBeNull();
  });

  it('does not depend on which of the two is first, but for the order of lines', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const text = fc.uniqueArray(line).map((lines) => lines.join('\n'));
    const sorted = (merged: string | null) => merged?.split('\n').sort();
    fc.assert(
      fc.property(text, text, text, (ancestor, first, second) => {
        expect(sorted(mergeTexts(ancestor, first, second))).toEqual(sorted(mergeTexts(ancestor, second, first)));
      }),
    );
  });
});
