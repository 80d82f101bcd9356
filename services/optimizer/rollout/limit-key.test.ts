import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { countArms } from './count-arms.ts';
import { createKeyShares } from './key-shares.ts';
import { countHardFailures, keyInfluence } from './limit-key.ts';
import type { SessionObservation } from './pair-sessions.ts';

function session(index: number, overrides: Partial<SessionObservation> = {}): SessionObservation {
  const base = {
    sessionId: `s${index}`,
    variant: 'canary',
    stratum: 'a',
    startedAtMs: index,
    lastCallAtMs: index,
  } as const;
  return { ...base, quality: 0.5, hardFailure: false, keyId: 'one', ...overrides };
}

/** Nine of ten sessions are of the key `busy`, the others of nine keys in turn. */
const crowd = (count: number, overrides: (index: number) => Partial<SessionObservation> = () => ({})) =>
  Array.from({ length: count }, (_, index) =>
    session(index, { keyId: index % 10 === 0 ? `key-${(index / 10) % 9}` : 'busy', ...overrides(index) }),
  );

describe('the influence of a key on a rollout', () => {
  it('is whole for every session where one key is all the traffic there is, and where keys call alike', () => {
    const alone = Array.from({ length: 300 }, (_, index) => session(index));
    expect(alone.map(keyInfluence(alone).weightOf)).toEqual(alone.map(() => 1));
    const alike = Array.from({ length: 300 }, (_, index) => session(index, { keyId: `key-${index % 12}` }));
    expect(alike.map(keyInfluence(alike).weightOf)).toEqual(alike.map(() => 1));
  });

  it('falls for a key with nine of ten sessions until it is a fifth of what is heard, and not of what is sent', () => {
    const sessions = crowd(600);
    const { weightOf, count, largestShare } = keyInfluence(sessions);
    const late = sessions.slice(300);
    const weightOfKey = (busy: boolean) =>
      late.filter((each) => (each.keyId === 'busy') === busy).reduce((sum, each) => sum + weightOf(each), 0);
    expect(weightOfKey(false)).toBe(30);
    expect(weightOfKey(true) / (weightOfKey(true) + weightOfKey(false))).toBeLessThan(0.32);
    expect(weightOfKey(true)).toBeGreaterThan(5);
    expect({ count, largestShare }).toEqual({ count: 10, largestShare: 0.9 });
  });

  it('depends on who called and when, and neither on how sessions went nor on the order in which they are listed', () => {
    const qualities = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(qualities, fc.boolean(), (drawn, backwards) => {
        const sessions = crowd(60, (index) => ({ quality: drawn[index] ?? null, hardFailure: drawn[index] === null }));
        const listed = backwards ? sessions.toReversed() : sessions;
        const plain = keyInfluence(crowd(60));
        expect(sessions.map(keyInfluence(listed).weightOf)).toEqual(crowd(60).map(plain.weightOf));
      }),
    );
  });

  it('is the same when the counts have been stored in between', () => {
    const keys = crowd(200).map((each) => each.keyId);
    const whole = createKeyShares();
    const expected = keys.map((key) => whole.hear(key));
    let shares = createKeyShares();
    const stored = keys.map((key) => {
      shares = createKeyShares(JSON.parse(JSON.stringify(shares.counts())));
      return shares.hear(key);
    });
    for (const [index, weight] of stored.entries()) expect(weight).toBeCloseTo(expected[index] ?? 0, 9);
  });

  it('forgets keys that have stopped calling', () => {
    const shares = createKeyShares();
    shares.hear('gone');
    for (let call = 0; call < 2_000; call += 1) shares.hear('here');
    expect(Object.keys(shares.counts())).toEqual(['here']);
  });
});

describe('hard failures of one key', () => {
  const failing = (count: number, key: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => session(index, { hardFailure: true, keyId: key(index) }));

  it('count eight times among several keys, the first ones', () => {
    expect(countHardFailures([...failing(30, () => 'one'), session(99, { keyId: 'two' })])).toEqual({
      ...{ canary: 8, control: 0 },
    });
    expect(countHardFailures(failing(30, (index) => `key-${index % 5}`))).toEqual({ canary: 30, control: 0 });
  });

  it('all count where there is no other key', () => {
    expect(countHardFailures(failing(30, () => 'one')).canary).toBe(30);
  });
});

describe('the sizes of the arms', () => {
  const arms = (canary: number, control: number) => [
    ...Array.from({ length: canary }, (_, index) => session(index)),
    ...Array.from({ length: control }, (_, index) => session(1_000 + index, { variant: 'control' })),
  ];

  it('differ when sessions leave one of them, and not by chance', () => {
    expect(countArms(arms(60, 140)).differs).toBe(true);
    expect(countArms(arms(140, 60)).differs).toBe(true);
    expect(countArms(arms(95, 105)).differs).toBe(false);
  });

  it('are found to differ in at most one of a thousand worlds in which one hash draws them, at all looks together', () => {
    const random = createSeededRandom(31);
    let found = 0;
    for (let world = 0; world < 300; world += 1) {
      const list: SessionObservation[] = [];
      for (let look = 0; look < 20; look += 1) {
        for (let each = 0; each < 10; each += 1) {
          const variant = random.uniform() < 0.5 ? 'canary' : 'control';
          list.push(session(list.length, { variant }));
        }
        if (countArms(list).differs) found += 1;
      }
    }
    expect(found).toBeLessThanOrEqual(2);
  });
});
