import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import {
  doublyRobustValue,
  effectiveSessions,
  inversePropensityValue,
  type QualityModel,
  selfNormalisedTerms,
  selfNormalisedValue,
  valueTerm,
  WEIGHT_MAX,
} from './estimate-value.ts';
import type { ChoiceChance, LoggedSession } from './logged-session.ts';
import { meanInterval } from './mean-interval.ts';

const SHAPES = ['4k-none-plan', '64k-parallel-edit'] as const;
const MODELS = ['dear', 'middle', 'cheap'] as const;
/** True quality by shape and model; the cheap one is good in one shape and bad in the other. */
const QUALITY: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '4k-none-plan': { dear: 0.9, middle: 0.85, cheap: 0.88 },
  '64k-parallel-edit': { dear: 0.8, middle: 0.7, cheap: 0.3 },
};
const LOGGED: readonly ChoiceChance[] = chances(0.7, 0.2, 0.1);
const DRAFT: readonly ChoiceChance[] = chances(0.2, 0.2, 0.6);
const TRUTH = SHAPES.reduce((sum, shape) => sum + trueValueOf(shape) / SHAPES.length, 0);

const rightModel: QualityModel = ({ facts }, { model }) => QUALITY[facts.turnShape]?.[model] ?? 0;
const wrongModel: QualityModel = (_session, { model }) => (model === 'cheap' ? 0.2 : 0.95);

function chances(...shares: readonly number[]): readonly ChoiceChance[] {
  return MODELS.map((model, at) => ({ model, prefixId: null, chance: shares[at] ?? 0 }));
}

function trueValueOf(shape: string): number {
  return DRAFT.reduce((sum, each) => sum + each.chance * (QUALITY[shape]?.[each.model] ?? 0), 0);
}

function drawSessions(seed: number, count: number): LoggedSession[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (_, at) => {
    const turnShape = SHAPES[at % SHAPES.length] ?? SHAPES[0];
    const u = random.uniform();
    const drawn = u < 0.7 ? LOGGED[0] : u < 0.9 ? LOGGED[1] : LOGGED[2];
    const { model, chance } = drawn ?? { model: 'dear', chance: 1 };
    const mean = QUALITY[turnShape]?.[model] ?? 0;
    return session({
      sessionId: `s-${at}`,
      turnShape,
      model,
      propensity: chance,
      quality: random.uniform() < mean ? 1 : 0,
    });
  });
}

function session(of: {
  readonly sessionId: string;
  readonly turnShape: string;
  readonly model: string;
  readonly propensity: number;
  readonly quality: number;
}): LoggedSession {
  const facts = { requestModel: 'claude-x', developer: null, repo: null, project: 'p', flagged: false };
  return {
    ...{ sessionId: of.sessionId, propensity: of.propensity, quality: of.quality },
    facts: { ...facts, turnShape: of.turnShape },
    action: { model: of.model, prefixId: null },
  };
}

const anySessions = fc.array(
  fc.record({
    sessionId: fc.uuid(),
    turnShape: fc.constantFrom(...SHAPES),
    model: fc.constantFrom(...MODELS),
    propensity: fc.double({ min: 0.001, max: 1, noNaN: true }),
    quality: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('the value of a policy by logged sessions', () => {
  it('is the plain mean when the policy is the one that was logged', () => {
    fc.assert(
      fc.property(anySessions, (rows) => {
        const terms = rows.map((row) => {
          const own = [{ model: row.model, prefixId: null, chance: row.propensity }];
          return valueTerm(session(row), own, () => 0);
        });
        const mean = rows.reduce((sum, row) => sum + row.quality, 0) / rows.length;
        expect(inversePropensityValue(terms)).toBeCloseTo(mean, 10);
        expect(selfNormalisedValue(terms)).toBeCloseTo(mean, 10);
        expect(effectiveSessions(terms)).toBeCloseTo(rows.length, 8);
      }),
    );
  });

  it('is that of inverse propensities where a doubly robust one expects nothing', () => {
    fc.assert(
      fc.property(anySessions, (rows) => {
        const terms = rows.map((row) => valueTerm(session(row), DRAFT, () => 0));
        expect(doublyRobustValue(terms)).toBeCloseTo(inversePropensityValue(terms) ?? 0, 10);
      }),
    );
  });

  it('stays within qualities and the number of sessions, and no session weighs more than the limit', () => {
    fc.assert(
      fc.property(anySessions, (rows) => {
        const terms = rows.map((row) => valueTerm(session(row), DRAFT, rightModel));
        const value = selfNormalisedValue(terms) ?? 0;
        const qualities = rows.map((row) => row.quality);
        expect(value).toBeGreaterThanOrEqual(Math.min(...qualities) - 1e-9);
        expect(value).toBeLessThanOrEqual(Math.max(...qualities) + 1e-9);
        expect(effectiveSessions(terms)).toBeLessThanOrEqual(rows.length + 1e-9);
        for (const { weight } of terms) expect(weight).toBeLessThanOrEqual(WEIGHT_MAX);
      }),
    );
  });

  it('counts effective sessions as (sum w)^2 / sum w^2', () => {
    const terms = [1, 3].map((weight) => ({ weight, quality: 1, doublyRobust: 1 }));
    expect(effectiveSessions(terms)).toBeCloseTo(16 / 10, 12);
    expect(effectiveSessions([{ weight: 0, quality: 1, doublyRobust: 1 }])).toBe(0);
  });
});

/** Means of an estimator over many logs of the same world, with the error of that mean. */
function over(worlds: number, estimate: (sessions: readonly LoggedSession[]) => number) {
  const values = Array.from({ length: worlds }, (_, seed) => estimate(drawSessions(seed + 1, 400)));
  const mean = values.reduce((sum, value) => sum + value, 0) / worlds;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (worlds - 1);
  return { mean, error: Math.sqrt(variance / worlds), spread: Math.sqrt(variance) };
}

const ips = (sessions: readonly LoggedSession[]) =>
  inversePropensityValue(sessions.map((each) => valueTerm(each, DRAFT, () => 0))) ?? 0;
const robust =
  (model: QualityModel, shift = 1) =>
  (sessions: readonly LoggedSession[]) =>
    doublyRobustValue(
      sessions.map((each) => valueTerm({ ...each, propensity: Math.min(1, each.propensity * shift) }, DRAFT, model)),
    ) ?? 0;

describe('over many logs of one world', () => {
  const WORLDS = 400;

  it('inverse propensities are unbiased, and a naive mean of what was served is not', () => {
    const { mean, error } = over(WORLDS, ips);
    expect(Math.abs(mean - TRUTH)).toBeLessThan(4 * error);
    const naive = over(WORLDS, (sessions) => sessions.reduce((sum, each) => sum + each.quality, 0) / sessions.length);
    expect(Math.abs(naive.mean - TRUTH)).toBeGreaterThan(20 * naive.error);
  });

  it('a doubly robust value is unbiased with a wrong model of quality and right chances', () => {
    const { mean, error } = over(WORLDS, robust(wrongModel));
    expect(Math.abs(mean - TRUTH)).toBeLessThan(4 * error);
  });

  it('and with a right model of quality and wrong chances, but not with both wrong', () => {
    const right = over(WORLDS, robust(rightModel, 0.5));
    expect(Math.abs(right.mean - TRUTH)).toBeLessThan(4 * right.error);
    const both = over(WORLDS, robust(wrongModel, 0.5));
    expect(Math.abs(both.mean - TRUTH)).toBeGreaterThan(10 * both.error);
  });

  it('a good model of quality narrows what inverse propensities spread', () => {
    expect(over(WORLDS, robust(rightModel)).spread).toBeLessThan(0.75 * over(WORLDS, ips).spread);
  });

  it('intervals hold the truth nineteen times of twenty', () => {
    let held = 0;
    let heldNormalised = 0;
    const worlds = 150;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const terms = drawSessions(seed, 150).map((each) => valueTerm(each, DRAFT, rightModel));
      const interval = meanInterval(terms.map((term) => term.doublyRobust));
      const normalised = meanInterval(selfNormalisedTerms(terms));
      if (interval !== null && interval.low <= TRUTH && TRUTH <= interval.high) held += 1;
      if (normalised !== null && normalised.low <= TRUTH && TRUTH <= normalised.high) heldNormalised += 1;
    }
    // 95 % less three standard errors of a share over so many worlds.
    expect(held / worlds).toBeGreaterThan(0.896);
    expect(heldNormalised / worlds).toBeGreaterThan(0.896);
    expect(held / worlds).toBeLessThan(1);
  });
});

describe('the interval of a mean', () => {
  it('is the same for the same sessions, and none for a handful', () => {
    const values = drawSessions(3, 50).map((each) => each.quality);
    expect(meanInterval(values)).toEqual(meanInterval(values));
    expect(meanInterval(values.slice(0, 9))).toBeNull();
    expect(meanInterval(new Array(20).fill(0.5))).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  });
});
