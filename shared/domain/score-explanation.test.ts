import { describe, expect, it } from 'vitest';
import { formatExplanation, parseExplanation } from './score-explanation.ts';

describe('formatExplanation', () => {
  it('is read back by parseExplanation', () => {
    const explanation = { expectedVsActual: 'calls 2+ -> 1', detail: 'two calls went in | one came out' };
    expect(parseExplanation(formatExplanation(explanation))).toEqual(explanation);
  });

  it('keeps a separator in the first part from splitting it', () => {
    const text = formatExplanation({ expectedVsActual: 'a | b', detail: 'c' });
    expect(parseExplanation(text)).toEqual({ expectedVsActual: 'a / b', detail: 'c' });
  });

  it('makes one bounded line of any detail', () => {
    const text = formatExplanation({ expectedVsActual: 'x', detail: `first\nsecond ${'y'.repeat(5_000)}` });
    expect(text.startsWith('x | first second y')).toBe(true);
    expect(text.length).toBeLessThan(1_000);
  });

  it('leaves free text alone', () => {
    expect(parseExplanation('the judge was not sure')).toBeNull();
    expect(parseExplanation(null)).toBeNull();
  });
});
