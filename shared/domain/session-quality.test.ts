import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultOwnerSchema, metricSchema, scoreOutcomeSchema, scoreStatusSchema, severitySchema } from './score.ts';
import { type QualityScore, sessionQuality } from './session-quality.ts';

function score(overrides: Partial<QualityScore> = {}): QualityScore {
  return {
    subjectType: 'call',
    metric: 'toolUse',
    status: 'scored',
    outcome: 'pass',
    value: null,
    owner: null,
    severity: null,
    judge: null,
    samplingProbability: 1,
    ...overrides,
  };
}

const judge = { model: 'j', promptHash: 'h' };
const check = (overrides: Partial<QualityScore>) =>
  score({ outcome: 'fail', owner: 'provider', severity: 'error', ...overrides });

const anyScore: fc.Arbitrary<QualityScore> = fc.record({
  subjectType: fc.constantFrom('call' as const, 'session' as const),
  metric: fc.constantFrom(...metricSchema.options),
  status: fc.constantFrom(...scoreStatusSchema.options),
  outcome: fc.constantFrom(...scoreOutcomeSchema.options),
  value: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  owner: fc.option(fc.constantFrom(...faultOwnerSchema.options)),
  severity: fc.option(fc.constantFrom(...severitySchema.options)),
  judge: fc.option(fc.constant(judge)),
  samplingProbability: fc.double({ min: 0.01, max: 1, noNaN: true }),
});
const scores = fc.array(anyScore, { maxLength: 20 });
/** Puts a row among others, so that no property holds only at the end of the list. */
const placed = (list: readonly QualityScore[], row: QualityScore, at: number) =>
  list.toSpliced(at % (list.length + 1), 0, row);

describe('the quality of a session', () => {
  it('is null when nothing speaks, and otherwise from 0 to 1', () => {
    expect(sessionQuality([])).toBeNull();
    fc.assert(
      fc.property(scores, (list) => {
        const quality = sessionQuality(list);
        expect(quality === null || (quality >= 0 && quality <= 1 + 1e-12)).toBe(true);
      }),
    );
  });

  it('is the mean of its metrics, each the mean of its calls', () => {
    const list = [
      score({ value: 1 }),
      score({ value: 0.5 }),
      score({ metric: 'code', value: 0.25 }),
      score({ metric: 'taskCompletion', judge, value: 1 }),
    ];
    expect(sessionQuality(list)).toBeCloseTo((0.75 + 0.25 + 1) / 3, 12);
  });

  it('takes a verdict on the whole session before those on its calls', () => {
    const list = [
      score({ metric: 'taskCompletion', judge, value: 1 }),
      score({ metric: 'taskCompletion', judge, value: 0.25, subjectType: 'session' }),
    ];
    expect(sessionQuality(list)).toBe(0.25);
  });

  it('weighs sampled rows by how rarely they are drawn', () => {
    expect(sessionQuality([score({ value: 1 }), score({ value: 0, outcome: 'fail', samplingProbability: 0.25 })])).toBe(
      0.2,
    );
  });

  it('is not lowered by faults of the gateway, the client or a tool', () => {
    fc.assert(
      fc.property(scores, anyScore, fc.constantFrom('gateway', 'client', 'tool'), fc.nat(), (list, row, owner, at) => {
        const fault: QualityScore = { ...row, outcome: 'fail', owner };
        expect(sessionQuality(placed(list, fault, at))).toBe(sessionQuality(list));
      }),
    );
  });

  it('is not moved by what has no verdict, nor by how well the gateway translated', () => {
    fc.assert(
      fc.property(scores, anyScore, fc.nat(), (list, row, at) => {
        const silent: QualityScore[] = [
          { ...row, status: 'judge_error', judge },
          { ...row, status: 'abstained' },
          { ...row, outcome: 'unknown' },
          { ...row, outcome: 'not_applicable' },
          { ...row, metric: 'fidelity' },
        ];
        for (const each of silent) expect(sessionQuality(placed(list, each, at))).toBe(sessionQuality(list));
      }),
    );
  });

  it('is capped by a failure of the model, whatever judges and other calls say', () => {
    const praise = [score({ value: 1 }), score({ metric: 'taskCompletion', judge, value: 1, subjectType: 'session' })];
    expect(sessionQuality([...praise, check({ severity: 'error' })])).toBe(0.75);
    expect(sessionQuality([...praise, check({ severity: 'fatal' })])).toBe(0.25);
    expect(sessionQuality([...praise, check({ severity: 'warning' })])).toBe(1);
    fc.assert(
      fc.property(scores, fc.nat(), (list, at) => {
        expect(sessionQuality(placed(list, check({ severity: 'fatal' }), at))).toBeLessThanOrEqual(0.25);
      }),
    );
  });

  it('is the cap itself when a failed check is all there is', () => {
    expect(sessionQuality([check({ severity: 'fatal' })])).toBe(0.25);
    expect(sessionQuality([check({ severity: 'warning' })])).toBeNull();
  });
});
