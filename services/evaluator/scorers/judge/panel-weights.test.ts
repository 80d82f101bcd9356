import { describe, expect, it } from 'vitest';
import { fitPanelWeights, rightness } from './fit-panel-weights.ts';
import { combineVotes, panelWeights, reliabilityWeight } from './panel-weights.ts';

describe('reliabilityWeight', () => {
  it('drops a judge that is no better than chance', () => {
    expect(reliabilityWeight({ right: 27, judged: 100 })).toBe(0);
    expect(reliabilityWeight({ right: 51, judged: 100 })).toBe(0);
    expect(reliabilityWeight({ right: 0, judged: 0 })).toBe(0);
  });

  it('is the log-odds of what is sure about the rate, so that few labels weigh less', () => {
    const many = reliabilityWeight({ right: 8_000, judged: 10_000 });
    expect(many).toBeCloseTo(Math.log(4), 1);
    expect(reliabilityWeight({ right: 8, judged: 10 })).toBeLessThan(many);
    expect(reliabilityWeight({ right: 90, judged: 100 })).toBeGreaterThan(
      reliabilityWeight({ right: 80, judged: 100 }),
    );
    expect(Number.isFinite(reliabilityWeight({ right: 5, judged: 5 }))).toBe(true);
  });
});

describe('panelWeights', () => {
  it('takes an unmeasured member for as good as the weakest that is kept', () => {
    const [strong, weak, unmeasured, chance] = panelWeights([
      { right: 90, judged: 100 },
      { right: 70, judged: 100 },
      null,
      { right: 40, judged: 100 },
    ]);
    expect(strong).toBeGreaterThan(weak!);
    expect(unmeasured).toBe(weak);
    expect(chance).toBe(0);
  });

  it('weighs all alike when nothing tells them apart', () => {
    expect(panelWeights([null, null])).toEqual([1, 1]);
    expect(
      panelWeights([
        { right: 4, judged: 10 },
        { right: 1, judged: 10 },
      ]),
    ).toEqual([1, 1]);
  });
});

describe('combineVotes', () => {
  it('lets the reliable outvote a majority', () => {
    expect(combineVotes([1, -1, -1], [3, 1, 1])).toEqual({ lean: 0.2, disagreement: 0.4 });
    expect(combineVotes([1, -1, -1], [1, 1, 1]).lean).toBeLessThan(0);
  });

  it('leaves out who did not vote, and knows no answer when nobody did', () => {
    expect(combineVotes([1, null], [1, 9])).toEqual({ lean: 1, disagreement: 0 });
    expect(combineVotes([null, null], [1, 1])).toEqual({ lean: null, disagreement: 0 });
    expect(combineVotes([1, -1], [1, 1])).toEqual({ lean: 0, disagreement: 0.5 });
  });
});

describe('fitPanelWeights', () => {
  /** Member 0 is right in 9 of 10; members 1 to 3 in 2 of 10, together. */
  const rows = Array.from({ length: 100 }, (_, index) => {
    const strong = index % 10 === 3 ? -1 : 1;
    const weak = index % 5 === 1 ? 1 : -1;
    return [strong, weak, weak, weak];
  });

  it('is at least as right as the best member where the others are below chance', () => {
    const weights = fitPanelWeights(rows);
    expect(weights.slice(1)).toEqual([0, 0, 0]);
    const right = rows.reduce((sum, row) => sum + rightness(row, weights), 0);
    expect(right).toBe(90);
    expect(rows.reduce((sum, row) => sum + rightness(row, [1, 1, 1, 1]), 0)).toBeLessThan(right);
  });

  it('uses members that know what the best one does not', () => {
    const helped = Array.from({ length: 105 }, (_, index) =>
      [0, 1, 2].map((member) => (index % 7 === member ? -1 : 1)),
    );
    const weights = fitPanelWeights(helped);
    const right = helped.reduce((sum, row) => sum + rightness(row, weights), 0);
    expect(right).toBe(105);
  });

  it('fits the same weights to the same labels', () => {
    expect(fitPanelWeights(rows)).toEqual(fitPanelWeights(rows));
  });
});
