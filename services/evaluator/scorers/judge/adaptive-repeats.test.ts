import { describe, expect, it } from 'vitest';
import { candidatesToDraw, drawsAgain, type RepeatRule } from './adaptive-repeats.ts';

const RULE: RepeatRule = { separation: 1.25, noiseVariance: 0.5, noiseDraws: 2, drawsMin: 1, drawsMax: 8 };

describe('drawsAgain', () => {
  it('draws at least and at most as often as the rule says', () => {
    expect(drawsAgain([], 0.5, { ...RULE, drawsMin: 2 })).toBe(true);
    expect(drawsAgain([1], 0.5, { ...RULE, drawsMin: 2 })).toBe(true);
    expect(drawsAgain([0.5, 0.5, 0.5], 0.5, { ...RULE, drawsMax: 3 })).toBe(false);
  });

  it('ends when the mean is clear of the bar, and goes on near it', () => {
    const rule = { ...RULE, noiseVariance: 0.04 };
    expect(drawsAgain([1, 1], 0.5, rule)).toBe(false);
    expect(drawsAgain([0, 0], 0.5, rule)).toBe(false);
    expect(drawsAgain([1, 0], 0.5, rule)).toBe(true);
    expect(drawsAgain([0.5, 0.75], 0.5, rule)).toBe(true);
  });

  it('does not take two draws that happen to agree for certainty', () => {
    expect(drawsAgain([0.6, 0.6], 0.5, RULE)).toBe(true);
    expect(drawsAgain([0.6, 0.6], 0.5, { ...RULE, noiseVariance: 0 })).toBe(false);
  });
});

describe('candidatesToDraw', () => {
  it('draws every candidate as often as the rule says before it decides', () => {
    expect(candidatesToDraw([[], [7], []], RULE)).toEqual([0, 2]);
  });

  it('goes on with the leader and with who is close, and leaves out who is clearly behind', () => {
    expect(candidatesToDraw([[8], [3], [7.8]], RULE)).toEqual([0, 2]);
    expect(candidatesToDraw([[8], [3], [4]], RULE)).toEqual([]);
  });

  it('ends when all that are close have been drawn as often as allowed', () => {
    const eight = Array.from({ length: 8 }, () => 7);
    expect(candidatesToDraw([eight, eight], RULE)).toEqual([]);
    expect(candidatesToDraw([], RULE)).toEqual([]);
    expect(candidatesToDraw([[5]], RULE)).toEqual([]);
  });
});
