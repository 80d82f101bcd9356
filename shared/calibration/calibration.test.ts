import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cohenKappa, confusionOf, falsePassRate, matthewsCorrelation, passPrecision } from './agreement.ts';
import { auroc } from './auroc.ts';
import { calibrate, fitCalibrationMap, ISOTONIC_LABELS_MIN, type LabelledJudgement } from './calibration-map.ts';
import { clusterBootstrap } from './cluster-bootstrap.ts';
import { groupedFolds } from './grouped-folds.ts';
import { fitIsotonic, isotonicValue } from './isotonic.ts';
import { fitLogistic, logOddsOf } from './logistic-regression.ts';
import { brierSkill, calibrationError, debiasedCalibrationError, type Forecast } from './probability-error.ts';
import { trueRate } from './rogan-gladen.ts';
import { seededUniform } from './seeded-uniform.ts';
import { boundedLogit, sigmoid } from './sigmoid.ts';
import { solveSymmetric } from './solve-symmetric.ts';

const label = (isGood: boolean): 0 | 1 => (isGood ? 1 : 0);

describe('logistic regression', () => {
  it('finds the weights that the data were drawn with', () => {
    const random = seededUniform(1);
    const rows = Array.from({ length: 4_000 }, () => {
      const values = [random() * 4 - 2, random() * 4 - 2];
      const odds = 1.5 * (values[0] ?? 0) - 0.5 * (values[1] ?? 0) + 0.3;
      return { values, label: label(random() < sigmoid(odds)) };
    });
    const model = fitLogistic(rows, { ridge: 0.01 });
    expect(model.weights[0]).toBeCloseTo(1.5, 0);
    expect(model.weights[1]).toBeCloseTo(-0.5, 0);
    expect(model.intercept).toBeCloseTo(0.3, 0);
    // At the optimum the probabilities add up to the labels.
    const sum = rows.reduce((total, row) => total + sigmoid(logOddsOf(model, row.values)) - row.label, 0);
    expect(Math.abs(sum)).toBeLessThan(0.01);
  });

  it('stays finite on separable data, and weighs a row of weight two like two rows', () => {
    const rows = [-2, -1, 1, 2].map((value) => ({ values: [value], label: label(value > 0) }));
    const model = fitLogistic(rows, { ridge: 0.1 });
    expect(Number.isFinite(model.weights[0])).toBe(true);
    expect(model.weights[0]).toBeGreaterThan(1);
    const doubled = fitLogistic([...rows, ...rows], { ridge: 0.1 });
    const weighed = fitLogistic(
      rows.map((row) => ({ ...row, weight: 2 })),
      { ridge: 0.1 },
    );
    expect(weighed.weights[0]).toBeCloseTo(doubled.weights[0] ?? 0, 6);
  });

  it('solves what it is given and refuses what has no solution', () => {
    const matrix = [Float64Array.of(4, 0), Float64Array.of(2, 3)];
    const solution = solveSymmetric(matrix, Float64Array.of(8, 7));
    expect([...solution]).toEqual([expect.closeTo(1.25), expect.closeTo(1.5)]);
    expect(() => solveSymmetric([Float64Array.of(-1)], Float64Array.of(1))).toThrow(RangeError);
    expect(() => fitLogistic([], { ridge: 1 })).toThrow(RangeError);
  });
});

describe('isotonic regression', () => {
  it('never falls, and never says never', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), good: fc.boolean() }), {
          minLength: 1,
        }),
        fc.array(fc.double({ min: -0.5, max: 1.5, noNaN: true }), { minLength: 2 }),
        (pairs, asked) => {
          const map = fitIsotonic(pairs.map(({ score, good }) => ({ score, label: label(good) })));
          const values = asked.toSorted((a, b) => a - b).map((score) => isotonicValue(map, score));
          for (const [index, value] of values.entries()) {
            expect(value).toBeGreaterThan(0);
            expect(value).toBeLessThan(1);
            expect(value).toBeGreaterThanOrEqual(values[index - 1] ?? 0);
          }
        },
      ),
    );
  });

  it('pools what runs backwards', () => {
    const map = fitIsotonic([
      { score: 0.1, label: 1 },
      { score: 0.2, label: 0 },
      { score: 0.9, label: 1 },
    ]);
    expect(map.scores).toEqual([0.1, 0.9]);
    expect(map.values).toEqual([0.5, 0.75]);
  });
});

describe('measures of a forecaster', () => {
  it('ranks with ties counting half, and says nothing where all came out alike', () => {
    expect(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(auroc([1, 1, 1], [0, 1, 0])).toBe(0.5);
    expect(auroc([1, 2], [1, 1])).toBeNull();
  });

  it('finds a forecaster that overstates, and clears one that does not', () => {
    const random = seededUniform(2);
    const honest = Array.from({ length: 600 }, (): Forecast => {
      const probability = random();
      return { probability, label: label(random() < probability) };
    });
    const loud = honest.map(({ probability, label: came }) => ({
      probability: sigmoid(3 * boundedLogit(probability)),
      label: came,
    }));
    expect(calibrationError(honest)).toBeGreaterThan(0.01);
    expect(Math.abs(debiasedCalibrationError(honest, seededUniform(3)))).toBeLessThan(0.02);
    expect(debiasedCalibrationError(loud, seededUniform(3))).toBeGreaterThan(0.05);
    expect(brierSkill(honest)).toBeGreaterThan(0.2);
    expect(brierSkill(honest.map((forecast) => ({ ...forecast, probability: 1 - forecast.probability })))).toBeLessThan(
      0,
    );
    expect(brierSkill([{ probability: 0.9, label: 1 }])).toBeNull();
  });
});

describe('agreement', () => {
  const pairs = [
    ...Array.from({ length: 20 }, () => ({ verdict: 1, label: 1 }) as const),
    ...Array.from({ length: 5 }, () => ({ verdict: 1, label: 0 }) as const),
    ...Array.from({ length: 10 }, () => ({ verdict: 0, label: 1 }) as const),
    ...Array.from({ length: 15 }, () => ({ verdict: 0, label: 0 }) as const),
  ];

  it('is what the text books say', () => {
    const confusion = confusionOf(pairs);
    expect(cohenKappa(confusion)).toBeCloseTo(0.4, 10);
    expect(matthewsCorrelation(confusion)).toBeCloseTo(0.408_248, 5);
    expect(falsePassRate(confusion)).toBe(0.25);
    expect(passPrecision(confusion)).toBe(0.8);
  });

  it('is not defined where nothing varies', () => {
    const same = confusionOf([{ verdict: 1, label: 1 }]);
    expect([cohenKappa(same), matthewsCorrelation(same), falsePassRate(same)]).toEqual([null, null, null]);
    expect(cohenKappa(confusionOf([]))).toBeNull();
  });

  it('corrects a rate for the errors of the judge, and gives up on a coin', () => {
    const rates = { sensitivity: 0.9, specificity: 0.8 };
    const passed = 0.6 * 0.9 + 0.4 * 0.2;
    expect(trueRate(passed, rates)).toBeCloseTo(0.6, 10);
    expect(trueRate(0.1, rates)).toBe(0);
    expect(trueRate(0.5, { sensitivity: 0.5, specificity: 0.5 })).toBeNull();
  });
});

describe('resampling', () => {
  it('draws clusters whole: rows that repeat each other make no narrower an interval', () => {
    const random = seededUniform(4);
    const rows = Array.from({ length: 40 }, (_none, index) => ({ cluster: `c${index}`, value: random() }));
    const repeated = rows.flatMap((row) => Array.from({ length: 10 }, () => row));
    const meanOf = (drawn: readonly { readonly value: number }[]) =>
      drawn.reduce((sum, { value }) => sum + value, 0) / drawn.length;
    const width = (of: readonly (typeof rows)[number][]) => {
      const interval = clusterBootstrap(of, (row) => row.cluster, meanOf, { resamples: 500, random: seededUniform(9) });
      return (interval?.high ?? 0) - (interval?.low ?? 0);
    };
    expect(width(rows)).toBeGreaterThan(0.1);
    expect(width(repeated)).toBeCloseTo(width(rows), 8);
  });

  it('keeps a group in one fold, and the folds of like size', () => {
    const groups = Array.from({ length: 100 }, (_none, index) => `g${index % 25}`);
    const folds = groupedFolds(groups, 5, seededUniform(6));
    for (const [index, group] of groups.entries()) expect(folds[index]).toBe(folds[groups.indexOf(group)]);
    for (let fold = 0; fold < 5; fold += 1) expect(folds.filter((at) => at === fold)).toHaveLength(20);
    expect(groupedFolds(groups, 5, seededUniform(7))).not.toEqual(folds);
  });
});

describe('a calibration map', () => {
  const drawn = (count: number, sign: 1 | -1 = 1): LabelledJudgement[] => {
    const random = seededUniform(8);
    return Array.from({ length: count }, () => {
      const score = Math.floor(random() * 5) / 4;
      const truncation = random() < 0.5 ? 0 : 0.8;
      const odds = sign * 4 * (score - 0.5) - 2 * truncation;
      return { score, tokens: 5_000, truncation, label: label(random() < sigmoid(odds)) };
    });
  };

  it('is a line below a thousand labels and learns the curve above', () => {
    expect(fitCalibrationMap(drawn(ISOTONIC_LABELS_MIN - 1)).method).toBe('platt');
    expect(fitCalibrationMap(drawn(ISOTONIC_LABELS_MIN)).method).toBe('isotonic');
  });

  it.each([400, 2_000])('believes a judge less that has seen less, with %i labels', (count) => {
    const map = fitCalibrationMap(drawn(count));
    const said = { score: 1, tokens: 5_000 };
    expect(calibrate(map, { ...said, truncation: 0 })).toBeGreaterThan(0.75);
    expect(calibrate(map, { ...said, truncation: 0.8 })).toBeLessThan(calibrate(map, { ...said, truncation: 0 }) - 0.1);
    expect(calibrate(map, { ...said, score: 0, truncation: 0 })).toBeLessThan(0.3);
  });

  it('lets no verdict count against itself', () => {
    const map = fitCalibrationMap(drawn(300, -1));
    const at = (score: number) => calibrate(map, { score, tokens: 5_000, truncation: 0 });
    expect(at(1)).toBe(at(0));
  });
});
