import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../infra/arena/seeded-random.ts';
import { faultOwnerSchema, metricSchema, scoreOutcomeSchema, scoreStatusSchema, severitySchema } from './score.ts';
import { isSampled, type QualityScore, sampledQuality, sessionQuality } from './session-quality.ts';

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

  it('takes a verdict that was drawn for as many calls as it stands for, and rules for the rest', () => {
    const rule = (callId: string) => score({ callId, value: 1 });
    const verdict = (value: number, samplingProbability: number) =>
      score({ callId: 'a', judge, value, outcome: value < 0.5 ? 'fail' : 'pass', samplingProbability });
    // Judged for certain, a call is the mean of its rows.
    expect(sessionQuality([rule('a'), rule('b'), verdict(0, 1)])).toBe(0.75);
    // Drawn at a half, it stands for another call like it: half a point each.
    expect(sessionQuality([rule('a'), rule('b'), verdict(0, 0.5)])).toBe(0.5);
    expect(sampledQuality([rule('a'), verdict(0, 0.25)])).toEqual({ value: -1, low: -1, high: 1 });
    expect(sessionQuality([rule('a'), verdict(0, 0.25)])).toBe(0);
    expect(sessionQuality([rule('a'), verdict(1, 0.25)])).toBe(1);
  });

  it('lies between the ends that it could have come to, which are one where nothing was drawn', () => {
    fc.assert(
      fc.property(scores, fc.array(fc.constantFrom('a', 'b', 'c')), (list, calls) => {
        const rows = list.map((row, at) => ({ ...row, callId: calls[at] ?? 'd' }));
        const quality = sampledQuality(rows);
        if (quality === null) return;
        expect(quality.low).toBeLessThanOrEqual(quality.value + 1e-9);
        expect(quality.high).toBeGreaterThanOrEqual(quality.value - 1e-9);
        const all = sampledQuality(rows.map((row) => ({ ...row, samplingProbability: 1 })));
        expect(all === null || isSampled(all)).toBe(false);
        expect(all === null || (all.value >= 0 && all.value <= 1 + 1e-12)).toBe(true);
      }),
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

/** Calls that pass by rule and that a judge would fail now and then; triage sends the doubtful ones to the judge. */
function judgedByTriage(seed: number, sessions: number) {
  const random = createSeededRandom(seed);
  const full: number[] = [];
  const corrected: number[] = [];
  const asTheyAre: number[] = [];
  for (let session = 0; session < sessions; session += 1) {
    const rules: QualityScore[] = [];
    const all: QualityScore[] = [];
    const drawn: QualityScore[] = [];
    const calls = 1 + Math.floor(random.uniform() * 4);
    for (let call = 0; call < calls; call += 1) {
      const callId = `${session}-${call}`;
      // Triage is right to doubt, though not always: it sees what makes a call fail.
      const doubtful = random.uniform() < 0.4;
      const fails = random.uniform() < (doubtful ? 0.6 : 0.1);
      const samplingProbability = doubtful ? 0.8 : 0.25;
      const verdict = score({ callId, judge, value: fails ? 0 : 1, outcome: fails ? 'fail' : 'pass' });
      rules.push(score({ callId, value: 1 }));
      all.push(verdict);
      if (random.uniform() < samplingProbability) drawn.push({ ...verdict, samplingProbability });
    }
    full.push(sessionQuality([...rules, ...all]) ?? 0);
    corrected.push(sampledQuality([...rules, ...drawn])?.value ?? 0);
    asTheyAre.push(sessionQuality([...rules, ...drawn.map((row) => ({ ...row, samplingProbability: 1 }))]) ?? 0);
  }
  return { full, corrected, asTheyAre };
}

describe('the average over sessions that triage chose verdicts for', () => {
  const { full, corrected, asTheyAre } = judgedByTriage(7, 20_000);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  /** Standard error of the difference from what judging everything would have said. */
  const errorOf = (values: readonly number[]) => {
    const differences = values.map((value, at) => value - (full[at] ?? 0));
    const centre = mean(differences);
    const squares = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    return Math.sqrt(squares / (differences.length - 1) / differences.length);
  };

  it('is what judging every call would have said, when verdicts count by how rarely they are drawn', () => {
    expect(Math.abs(mean(corrected) - mean(full))).toBeLessThan(3.5 * errorOf(corrected));
    expect(errorOf(corrected)).toBeLessThan(0.005);
  });

  it('is far from it when they count as they are', () => {
    expect(mean(asTheyAre) - mean(full)).toBeGreaterThan(10 * errorOf(asTheyAre));
  });
});
