import { describe, expect, it } from 'vitest';
import { agreementOf } from './agreement.ts';
import { calibrateThresholds, type LabelledTemplate } from './calibrate-thresholds.ts';
import { normalise } from './embedders/embedder.ts';

describe('agreement with labels', () => {
  it('is whole when groups and labels are the same, by any names', () => {
    const items = [
      { group: '1', label: 'a', count: 3 },
      { group: '2', label: 'b', count: 2 },
    ];
    expect(agreementOf(items)).toMatchObject({ ari: 1, b3f: 1, v: 1 });
  });

  it('is what the definitions say of a small table', () => {
    // Groups {a a b} and {b b c}: Rand and B-cubed by hand.
    const items = [
      { group: '1', label: 'a', count: 2 },
      { group: '1', label: 'b', count: 1 },
      { group: '2', label: 'b', count: 2 },
      { group: '2', label: 'c', count: 1 },
    ];
    const { ari, b3Precision, b3Recall, homogeneity } = agreementOf(items);
    expect(ari).toBeCloseTo((2 - 1.6) / (5 - 1.6));
    expect(b3Precision).toBeCloseTo((4 + 1 + 4 + 1) / 3 / 6);
    expect(b3Recall).toBeCloseTo((4 / 2 + 1 / 3 + 4 / 3 + 1) / 6);
    const entropy = (shares: readonly number[]) => -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
    expect(homogeneity).toBeCloseTo(1 - entropy([2 / 3, 1 / 3]) / entropy([2 / 6, 3 / 6, 1 / 6]));
  });

  it('is nothing for one group of everything', () => {
    const items = ['a', 'b'].map((label) => ({ group: '1', label, count: 5 }));
    expect(agreementOf(items)).toMatchObject({ ari: 0, v: 0, b3Recall: 1 });
  });
});

describe('calibration', () => {
  /** Two labels, 90 degrees apart; members lie within ten degrees of their label's middle. */
  const templates = [0, 5, 10, 90, 95, 100].map((degrees, index): LabelledTemplate => {
    const angle = (degrees * Math.PI) / 180;
    return {
      ...{ id: `t${index}`, stage: 'tool_use', check: 'same', mass: 10 - index },
      vector: normalise(Float32Array.of(Math.cos(angle), Math.sin(angle))),
      labels: new Map([[index < 3 ? 'one' : 'other', 10 - index]]),
    };
  });

  it('finds a threshold that tells the labels apart, well away from where they run together', () => {
    const { thresholds, curve } = calibrateThresholds(templates);
    const at = curve.find((point) => point.threshold === thresholds.attach);
    expect(at).toMatchObject({ clusters: 2, ari: 1, b3f: 1 });
    expect(thresholds.tentative).toBeLessThan(thresholds.attach);
    expect(curve.at(-1)?.threshold).toBeLessThan(1);
  });
});
