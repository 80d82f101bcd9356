import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelStateOf, pairSessions, type SessionObservation } from './pair-sessions.ts';

function session(overrides: Partial<SessionObservation>): SessionObservation {
  const base = { sessionId: 's', variant: 'canary', stratum: 'a', startedAtMs: 0, lastCallAtMs: 0 } as const;
  return { ...base, quality: 1, hardFailure: false, keyId: null, ...overrides };
}

const sessions = fc.uniqueArray(
  fc.record({
    sessionId: fc.string({ minLength: 1, maxLength: 6 }),
    variant: fc.constantFrom('canary' as const, 'control' as const),
    stratum: fc.constantFrom('a', 'b', 'c'),
    startedAtMs: fc.nat(50),
    lastCallAtMs: fc.constant(50),
    quality: fc.constant(1),
    hardFailure: fc.constant(false),
    keyId: fc.constant(null),
  }),
  { selector: (each) => each.sessionId, maxLength: 40 },
);

describe('pairing of sessions', () => {
  it('does not depend on the order in which sessions are listed', () => {
    fc.assert(
      fc.property(sessions, fc.infiniteStream(fc.nat()), (list, keys) => {
        const shuffled = list.map((each) => ({ each, key: keys.next().value ?? 0 })).sort((a, b) => a.key - b.key);
        expect(
          pairSessions(
            shuffled.map(({ each }) => each),
            [],
          ),
        ).toEqual(pairSessions(list, []));
      }),
    );
  });

  it('pairs only within a stratum, each session once, in order of start', () => {
    fc.assert(
      fc.property(sessions, (list) => {
        const pairs = pairSessions(list, []);
        const used = pairs.flatMap((pair) => [pair.canary.sessionId, pair.control.sessionId]);
        expect(new Set(used).size).toBe(used.length);
        for (const pair of pairs) {
          expect([pair.canary.stratum, pair.control.stratum]).toEqual([pair.stratum, pair.stratum]);
          expect([pair.canary.variant, pair.control.variant]).toEqual(['canary', 'control']);
        }
        const starts = pairs.map((pair) => pair.startedAtMs);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      }),
    );
  });

  it('leaves out what started at or before the marks', () => {
    const list = [
      session({ sessionId: 'c1', startedAtMs: 1 }),
      session({ sessionId: 'c2', startedAtMs: 2 }),
      session({ sessionId: 'b1', startedAtMs: 1, variant: 'control' }),
      session({ sessionId: 'b2', startedAtMs: 2, variant: 'control' }),
    ];
    const marks = [
      {
        stratum: 'a',
        canaryMark: { startedAtMs: 1, sessionId: 'c1' },
        controlMark: { startedAtMs: 1, sessionId: 'b1' },
      },
    ];
    expect(pairSessions(list, marks).map((pair) => pair.canary.sessionId)).toEqual(['c2']);
  });
});

describe('the state of a label', () => {
  const settings = { watermarkMs: 100, sessionIdleMs: 10, sessionOpenMaxMs: 1_000 };

  it('waits for the session to fall idle, then for the watermark', () => {
    const unlabelled = session({ lastCallAtMs: 50, quality: null });
    expect(labelStateOf(session({ lastCallAtMs: 50 }), 59, settings)).toBe('pending');
    expect(labelStateOf(session({ lastCallAtMs: 50 }), 60, settings)).toBe('arrived');
    expect(labelStateOf(unlabelled, 159, settings)).toBe('pending');
    expect(labelStateOf(unlabelled, 160, settings)).toBe('missing');
  });

  it('does not wait for a session without end', () => {
    expect(labelStateOf(session({ lastCallAtMs: 9_999 }), 1_000, settings)).toBe('arrived');
  });
});
