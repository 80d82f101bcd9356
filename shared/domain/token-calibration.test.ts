import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  calibrationFigure,
  correctionFactor,
  mergeCalibrations,
  observeRatio,
  promptFactor,
  type RatioSample,
  tokenCalibrationSchema,
  typicalRatio,
  UNCALIBRATED,
} from './token-calibration.ts';

const EMPTY = UNCALIBRATED.prompt;
const sampleOf = (ratios: readonly number[]): RatioSample =>
  ratios.reduce((sample, ratio) => observeRatio(sample, 10_000 * ratio, 10_000), EMPTY);
const times = (ratio: number, count: number) => Array.from({ length: count }, () => ratio);

test('before anything was observed a count stays as it is, or as its family has it', () => {
  expect(correctionFactor(EMPTY)).toBe(1);
  expect(correctionFactor(EMPTY, 1.4)).toBe(1.4);
  expect(typicalRatio(EMPTY)).toBeNull();
});

test('a few observations raise a count and do not lower it', () => {
  expect(correctionFactor(sampleOf([1.3]))).toBeCloseTo(1.3);
  expect(correctionFactor(sampleOf([0.7, 0.7]))).toBe(1);
  expect(correctionFactor(sampleOf([1.2]), 1.4)).toBe(1.4);
});

test('enough of them do both', () => {
  expect(correctionFactor(sampleOf(times(0.7, 8)))).toBeCloseTo(0.7);
  expect(correctionFactor(sampleOf(times(1.2, 8)), 1.4)).toBeCloseTo(1.2);
});

test('one odd report in ten moves nothing', () => {
  expect(correctionFactor(sampleOf([...times(1.1, 18), 3.9, 3.9]))).toBeCloseTo(1.1);
});

test('a new habit of the provider takes the place of the old one', () => {
  expect(correctionFactor(sampleOf([...times(1.5, 200), ...times(1, 64)]))).toBeCloseTo(1);
});

describe('an observation that says nothing is left out', () => {
  test.each([
    ['of few tokens', 20, 10],
    ['of nothing counted', 100, 0],
    ['of nothing reported', 0, 100],
    ['a negative growth', -300, 100],
    ['no number', Number.NaN, 100],
    ['a cut prompt', 4_096, 100_000],
    ['a sum of many calls', 100_000, 1_000],
  ])('%s', (_name, reported, counted) => {
    expect(observeRatio(EMPTY, reported, counted)).toBe(EMPTY);
  });
});

test('a corrected count is never below what the middle of the observations suggests', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.3, max: 3.9, noNaN: true }), { minLength: 1, maxLength: 100 }),
      (ratios) => {
        const sample = sampleOf(ratios);
        expect(correctionFactor(sample)).toBeGreaterThanOrEqual(calibrationFigure(sample).median ?? 0);
        expect(sample.seen).toBe(ratios.length);
        expect(sample.ratios.length).toBeLessThanOrEqual(64);
      },
    ),
  );
});

test('a prompt counts by the growth of its conversation where that is more', () => {
  const calibration = { ...UNCALIBRATED, prompt: sampleOf(times(1, 10)), growth: sampleOf(times(1.25, 10)) };
  expect(promptFactor(calibration)).toBeCloseTo(1.25);
  expect(promptFactor({ ...calibration, growth: sampleOf(times(0.8, 10)) })).toBeCloseTo(1);
  expect(promptFactor({ ...calibration, growth: sampleOf([3]) })).toBeCloseTo(1);
});

test('what several gateways learned is merged, and survives JSON', () => {
  const one = { ...UNCALIBRATED, prompt: sampleOf(times(1.1, 64)) };
  const other = { ...UNCALIBRATED, prompt: sampleOf(times(1.3, 64)) };
  const merged = mergeCalibrations([one, other, UNCALIBRATED]);
  expect(merged.prompt.seen).toBe(128);
  expect(merged.prompt.ratios).toHaveLength(64);
  expect(new Set(merged.prompt.ratios)).toEqual(new Set([1.1, 1.3]));
  expect(tokenCalibrationSchema.parse(JSON.parse(JSON.stringify(merged)))).toEqual(merged);
});
