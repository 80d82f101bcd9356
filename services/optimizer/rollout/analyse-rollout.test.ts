import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { governanceSchema } from '#shared/domain/governance.ts';
import { type RolloutSettings, rolloutEvidenceSchema, rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { createSeededRandom, type SeededRandom } from '../../../infra/arena/seeded-random.ts';
import { simulateRollout } from '../../../infra/arena/simulate-rollout.ts';
import { simulateSessionQuality } from '../../../infra/arena/simulate-session.ts';
import { analyseRollout } from './analyse-rollout.ts';
import type { SessionObservation } from './pair-sessions.ts';
import { createRolloutState, logHarmEValue, rolloutStateSchema } from './rollout-state.ts';

const DEFAULTS = rolloutSettingsOf(governanceSchema.parse({ models: [] }));
const SETTINGS: RolloutSettings = { ...DEFAULTS, minDurationMs: 0, watermarkMs: 100, sessionIdleMs: 0 };
const SESSION = { mean: 0.8, calls: 10, intraClassCorrelation: 0.3 };
const SHORT = { ...SESSION, calls: 3 };

interface Arms {
  readonly canary: (random: SeededRandom, index: number) => number | null;
  readonly control: (random: SeededRandom, index: number) => number | null;
}

const steady = (mean: number) => (random: SeededRandom) => simulateSessionQuality(random, { ...SESSION, mean });

/** One canary and one control session every millisecond, all over at once. */
function world(pairs: number, arms: Arms, stratum: (index: number) => string = () => 'a'): SessionObservation[] {
  const random = createSeededRandom(11);
  return Array.from({ length: pairs }, (_, index) =>
    (['canary', 'control'] as const).map((variant) => ({
      sessionId: `${variant}-${index}`,
      variant,
      stratum: stratum(index),
      startedAtMs: index,
      lastCallAtMs: index,
      quality: arms[variant](random, index),
      hardFailure: false,
      keyId: `key-${index % 7}`,
    })),
  ).flat();
}

const analyse = (observations: SessionObservation[], settings = SETTINGS, nowMs = 1_000_000) =>
  analyseRollout(createRolloutState(settings), observations, settings, { openedAtMs: 0, nowMs });

describe('the analysis of a rollout', () => {
  it('rolls back a canary that is 50 points worse within 20 pairs or so, and says why', () => {
    const { decision, evidence, newPairs } = analyse(world(200, { canary: steady(0.3), control: steady(0.8) }));
    expect(decision).toBe('rollBack');
    expect(evidence.pairs).toBeLessThan(26);
    expect(newPairs).toHaveLength(evidence.pairs);
    expect(evidence.text).toMatch(/^Rolled back: harm e-value .* canary 0\.\d+, control 0\.\d+ over \d+ pairs\.$/);
    expect(rolloutEvidenceSchema.parse(evidence)).toEqual(evidence);
  });

  it('promotes a canary that is better, but not before the minimum of sessions and of time', () => {
    const better = world(400, { canary: steady(0.85), control: steady(0.7) });
    expect(analyse(better).evidence).toMatchObject({ decision: 'promote' });
    expect(analyse(better, { ...SETTINGS, minSessions: 300 }).evidence.pairs).toBe(300);
    expect(analyse(better, { ...SETTINGS, minDurationMs: 2_000_000 }).decision).toBe('continue');
  });

  it('promotes when the minimum of time passes without new sessions', () => {
    const settings = { ...SETTINGS, minDurationMs: 2_000_000 };
    const better = world(400, { canary: steady(0.85), control: steady(0.7) });
    const { state } = analyse(better, settings);
    expect(analyseRollout(state, better, settings, { openedAtMs: 0, nowMs: 2_000_000 }).decision).toBe('promote');
  });

  it('never promotes by default: out of time or sessions it is inconclusive', () => {
    expect(analyse([], SETTINGS, SETTINGS.maxDurationMs).decision).toBe('inconclusive');
    const same = world(120, { canary: () => 0.5, control: () => 0.5 });
    const small = { ...SETTINGS, maxSessions: 100, nonInferiorityMargin: 0.01 };
    expect(analyse(same, small).evidence).toMatchObject({ decision: 'inconclusive', pairs: 100 });
    expect(analyse([], SETTINGS).decision).toBe('continue');
  });

  it('hears the pairs that are ready before time runs out', () => {
    const worse = world(200, { canary: steady(0.3), control: steady(0.8) });
    expect(analyse(worse, SETTINGS, SETTINGS.maxDurationMs).decision).toBe('rollBack');
  });

  it('keeps a decision, and looks at nothing more', () => {
    const worse = world(200, { canary: steady(0.3), control: steady(0.8) });
    const { state } = analyse(worse);
    const again = analyseRollout(state, world(300, { canary: () => 1, control: () => 0 }), SETTINGS, {
      openedAtMs: 0,
      nowMs: 2_000_000,
    });
    expect(again.state).toEqual(state);
    expect(again.newPairs).toEqual([]);
  });

  it('waits for a label that is due, and for all that started later', () => {
    const waiting = world(10, { canary: (_, index) => (index === 3 ? null : 0.9), control: () => 0.9 });
    const early = analyse(waiting, SETTINGS, 50);
    expect(early.evidence).toMatchObject({ pairs: 3, waitingPairs: 7 });
    const late = analyseRollout(early.state, waiting, SETTINGS, { openedAtMs: 0, nowMs: 200 });
    expect(late.evidence).toMatchObject({ pairs: 10, comparedPairs: 9, missingLabels: { canary: 1, control: 0 } });
  });

  it('counts a missing label as the worst case for promotion and as nothing for harm', () => {
    const silent = world(60, {
      canary: (random, index) => (index % 3 === 0 ? null : steady(0.9)(random)),
      control: steady(0.8),
    });
    const { state, evidence } = analyse(silent, { ...SETTINGS, minSessions: 1_000 });
    expect(state.promote.count).toBe(60);
    expect(state.rollBack.count).toBe(40);
    expect(evidence.promote.eValue).toBeLessThan(0.5);
    expect(evidence.rollBack.eValue).toBeLessThan(2);
  });

  it('takes the control at its best where its label is missing', () => {
    const silent = world(1, { canary: () => 0.5, control: () => null });
    const lost = world(1, { canary: () => 0.5, control: () => 1 });
    expect(analyse(silent).state.promote).toEqual(analyse(lost).state.promote);
  });

  it('says why it came to no verdict', () => {
    const end = SETTINGS.maxDurationMs;
    const close = { canary: steady(0.79), control: steady(0.8) };
    const reasonOf = (list: SessionObservation[], settings = SETTINGS) => analyse(list, settings, end).evidence;
    expect(reasonOf(world(20, close))).toMatchObject({ inconclusive: 'too_few_sessions', pairs: 20 });
    const alike = world(120, { canary: () => 0.5, control: () => 0.5 });
    expect(reasonOf(alike, { ...SETTINGS, maxSessions: 100, nonInferiorityMargin: 0.01 })).toMatchObject({
      ...{ inconclusive: 'too_close_to_call', decision: 'inconclusive' },
    });
    const silent = world(120, { canary: (_, index) => (index % 4 === 0 ? 0.8 : null), control: steady(0.8) });
    expect(reasonOf(silent)).toMatchObject({ inconclusive: 'labels_missing' });
    expect(reasonOf(silent).text).toContain('90 of the canary and 0 of the control');
    expect(analyse(world(20, close)).evidence.inconclusive).toBeNull();
  });

  it('never promotes while sessions leave one arm, however good those are that stay', () => {
    const better = world(400, { canary: steady(0.85), control: steady(0.7) });
    const left = better.filter((each, index) => each.variant === 'control' || index % 4 === 0);
    const { decision, evidence } = analyse(left, SETTINGS, SETTINGS.maxDurationMs);
    expect({ decision, reason: evidence.inconclusive }).toEqual({ decision: 'inconclusive', reason: 'arms_differ' });
    expect(evidence.sessions).toMatchObject({ canary: 200, control: 400, differs: true });
  });

  it('lets no key promote a policy by itself that the other keys say nothing for', () => {
    const keyed = (others: number) =>
      world(400, {
        canary: (random, index) => steady(index % 10 === 0 ? others : 0.88)(random),
        control: steady(0.8),
      }).map((each, index) => ({ ...each, keyId: index % 20 < 2 ? `key-${index % 180}` : 'busy' }));
    const settings = { ...SETTINGS, maxSessions: 400 };
    const { evidence, newPairs } = analyse(keyed(0.5), settings);
    const unlimited = keyed(0.5).map((each) => ({ ...each, keyId: null }));
    expect(analyse(unlimited, settings).decision).toBe('promote');
    expect(evidence.decision).not.toBe('promote');
    expect(evidence.keys?.largestShare).toBeCloseTo(0.9, 2);
    expect(Math.min(...newPairs.map((pair) => pair.weight))).toBeLessThan(0.1);
  });

  it('raises its hand when labels are missing in one arm only', () => {
    const silent = world(60, { canary: (_, index) => (index % 2 === 0 ? null : 0.8), control: () => 0.8 });
    expect(analyse(silent).evidence.missingLabels).toMatchObject({ canary: 30, control: 0, differs: true });
    const both = world(60, {
      canary: (_, index) => (index % 2 === 0 ? null : 0.8),
      control: (_, index) => (index % 2 === 0 ? null : 0.8),
    });
    expect(analyse(both).evidence.missingLabels.differs).toBe(false);
  });

  it('rolls back at once on hard failures of the canary alone, without waiting for pairs', () => {
    const failing = world(13, { canary: () => null, control: () => null }).map((session) => ({
      ...session,
      hardFailure: session.variant === 'canary',
    }));
    const { decision, evidence } = analyse(failing, SETTINGS, 13);
    expect({ decision, pairs: evidence.pairs }).toEqual({ decision: 'rollBack', pairs: 0 });
    expect(evidence.text).toContain('hard failures 13 to 0');
    expect(analyse(failing.slice(2), SETTINGS, 13).decision).toBe('continue');
  });

  it('compares one stratum alone where it is asked about that one', () => {
    const arms = {
      canary: (random: SeededRandom, index: number) => steady(index % 6 === 0 ? 0.4 : 0.8)(random),
      control: steady(0.8),
    };
    const list = world(600, arms, (index) => (index % 6 === 0 ? 'bad' : 'good'));
    const settings = { ...SETTINGS, minSessions: 1_000 };
    const { evidence } = analyse(list, { ...settings, stratum: 'bad' });
    expect(evidence).toMatchObject({ decision: 'rollBack', strata: [{ stratum: 'bad' }] });
    expect(evidence.pairs).toBeLessThan(30);
    expect(analyse(list, { ...settings, stratum: 'good' }).decision).toBe('continue');
  });

  it('finds harm in one stratum that the whole hides', () => {
    const hidden = (stratum: (index: number) => string) =>
      world(
        600,
        {
          canary: (random, index) => steady(index % 6 === 0 ? 0.4 : 0.83)(random),
          control: (random) => steady(0.8)(random),
        },
        stratum,
      );
    const settings = { ...SETTINGS, minSessions: 1_000 };
    const apart = analyse(
      hidden((index) => (index % 6 === 0 ? 'bad' : 'good')),
      settings,
    );
    expect(apart.decision).toBe('rollBack');
    expect(apart.evidence.strata[0]?.stratum).toBe('bad');
    expect(apart.evidence.pairs).toBeLessThan(
      analyse(
        hidden(() => 'all'),
        settings,
      ).evidence.pairs,
    );
  });
});

describe('the guarantees of a rollout', () => {
  const observations = fc.uniqueArray(
    fc.record({
      sessionId: fc.string({ minLength: 1, maxLength: 5 }),
      variant: fc.constantFrom('canary' as const, 'control' as const),
      stratum: fc.constantFrom('a', 'b', 'c'),
      startedAtMs: fc.nat(500),
      lastCallAtMs: fc.constant(0),
      quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      hardFailure: fc.constant(false),
      keyId: fc.constantFrom(null, 'one', 'two', 'three'),
    }),
    { selector: (each) => each.sessionId, maxLength: 120 },
  );

  it('reach the same state in any number of steps, through JSON, in any order of listing', () => {
    fc.assert(
      fc.property(observations, fc.array(fc.nat(500), { maxLength: 5 }), (list, stops) => {
        const whole = analyse(list).state;
        let state = createRolloutState(SETTINGS);
        for (const stop of [...stops.toSorted((a, b) => a - b), 1_000]) {
          const seen = list.filter((each) => each.startedAtMs <= stop).reverse();
          state = analyseRollout(state, seen, SETTINGS, { openedAtMs: 0, nowMs: 1_000_000 }).state;
          state = rolloutStateSchema.parse(JSON.parse(JSON.stringify(state)));
        }
        expect(state).toEqual(whole);
      }),
    );
  });

  it('stand whatever becomes of a session after it was heard: it goes on, is scored anew, or is served otherwise', () => {
    fc.assert(
      fc.property(observations, fc.nat(500), (list, stop) => {
        const first = list.filter((each) => each.startedAtMs <= stop);
        const { state } = analyse(first);
        const changed = first.map((each) => ({ ...each, quality: 0, lastCallAtMs: 900, hardFailure: false }));
        const again = analyseRollout(state, changed, SETTINGS, { openedAtMs: 0, nowMs: 1_000_000 });
        expect(again.state).toEqual(state);
        expect(again.newPairs).toEqual([]);
      }),
    );
  });

  it('stand when sessions turn up late that started before what was heard: they are never heard', () => {
    const list = world(60, { canary: steady(0.8), control: steady(0.8) });
    const late = list.filter((each) => each.startedAtMs === 10 || each.startedAtMs === 31);
    const prompt = list.filter((each) => !late.includes(each));
    const settings = { ...SETTINGS, minSessions: 1_000 };
    const { state } = analyse(prompt, settings);
    const after = analyseRollout(state, list, settings, { openedAtMs: 0, nowMs: 1_000_000 });
    expect(after.state).toEqual(state);
  });

  it('keep the expected e-value of a harmless canary at one or less, over strata and unequal keys, at any number of pairs', () => {
    const worlds = 800;
    const sums = new Map([10, 40].map((pairs) => [pairs, 0]));
    for (let seed = 0; seed < worlds; seed += 1) {
      const random = createSeededRandom(seed + 9_000);
      const coin = () => (random.uniform() < 0.7 ? 1 : 0);
      const list = world(40, { canary: coin, control: coin }, (index) => `s${index % 3}`).map((each, index) => ({
        ...each,
        keyId: index % 5 === 0 ? `key-${index % 35}` : 'busy',
      }));
      for (const pairs of sums.keys()) {
        const settings = { ...SETTINGS, alphaRollBack: 1e-9, alphaPromote: 1e-9 };
        const state = analyse(list.slice(0, 2 * pairs), settings).state;
        sums.set(pairs, (sums.get(pairs) ?? 0) + Math.exp(logHarmEValue(state)));
      }
    }
    for (const sum of sums.values()) {
      expect(sum / worlds).toBeLessThan(1.15);
      expect(sum / worlds).toBeGreaterThan(0.85);
    }
  });

  it('conserve wealth when a stratum appears: the sum of stakes is what the whole process had', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 60 }), (strata) => {
        const even = world(strata.length, { canary: () => 0.5, control: () => 0.5 }, (index) => `s${strata[index]}`);
        // Even pairs move no bet, so that whatever wealth there is came in when strata appeared.
        expect(logHarmEValue(analyse(even, { ...SETTINGS, minSessions: 1_000 }).state)).toBeCloseTo(0, 9);
      }),
    );
  });

  // Larger error rates than governance has show as much in fewer worlds; the bench measures those that are shipped.
  it('roll back a harmless canary no oftener than alpha, over several strata and correlated calls', () => {
    const settings = { ...SETTINGS, minSessions: 1_000_000, alphaRollBack: 0.1 };
    const outcomes = Array.from({ length: 150 }, (_, seed) =>
      simulateRollout({ seed, canary: SHORT, control: SHORT, strata: 4, pairs: 120, settings }),
    );
    const rolledBack = outcomes.filter((outcome) => outcome.decision === 'rollBack').length;
    // 10 % of 150 and two standard errors; some must be, or the test would be of nothing.
    expect(rolledBack).toBeLessThanOrEqual(22);
    expect(rolledBack).toBeGreaterThan(0);
  });

  it('promote a canary that is 3 points worse no oftener than alpha', () => {
    const settings = { ...SETTINGS, minSessions: 20, alphaPromote: 0.2 };
    const worse = { ...SHORT, mean: 0.77 };
    const outcomes = Array.from({ length: 100 }, (_, seed) =>
      simulateRollout({ seed, canary: worse, control: SHORT, strata: 1, pairs: 200, settings }),
    );
    const promoted = outcomes.filter((outcome) => outcome.decision === 'promote').length;
    expect(promoted).toBeLessThanOrEqual(28);
    expect(promoted).toBeGreaterThan(0);
  });

  it('hold when the judge grows stricter and the traffic harder half way, which both arms feel', () => {
    let rolledBack = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const random = createSeededRandom(seed + 7_000);
      const quality = (_: SeededRandom, index: number) =>
        simulateSessionQuality(random, { ...SHORT, mean: index < 60 ? 0.85 : 0.55 });
      const list = world(120, { canary: quality, control: quality }, (index) => (index < 60 ? 'easy' : 'hard'));
      const { decision } = analyse(list, { ...SETTINGS, minSessions: 1_000, alphaRollBack: 0.05 });
      if (decision === 'rollBack') rolledBack += 1;
    }
    // 5 % of 60 and two standard errors.
    expect(rolledBack).toBeLessThanOrEqual(6);
  });

  it('hold when bad sessions are labelled late, analysed as labels come in', () => {
    let rolledBack = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const random = createSeededRandom(seed + 500);
      const list = world(200, { canary: () => steady(0.8)(random), control: () => steady(0.8)(random) });
      const settings = { ...SETTINGS, minSessions: 1_000, watermarkMs: 60 };
      let state = createRolloutState(settings);
      for (let nowMs = 20; nowMs <= 400; nowMs += 20) {
        const seen = list
          .filter((each) => each.startedAtMs <= nowMs)
          .map((each) => ({ ...each, quality: labelledBy(each, nowMs) }));
        state = analyseRollout(state, seen, settings, { openedAtMs: 0, nowMs }).state;
      }
      if (state.decision === 'rollBack') rolledBack += 1;
    }
    expect(rolledBack).toBeLessThanOrEqual(1);
  });
});

/** Canary labels take three times as long, and bad sessions up to eleven times. */
function labelledBy(session: SessionObservation, nowMs: number): number | null {
  const quality = session.quality ?? 0;
  const delayMs = (session.variant === 'canary' ? 6 : 2) * (1 + 10 * (1 - quality));
  return nowMs >= session.startedAtMs + delayMs ? session.quality : null;
}
