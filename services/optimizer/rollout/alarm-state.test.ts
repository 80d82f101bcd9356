import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { simulateSessionQuality } from '../../../infra/arena/simulate-session.ts';
import { type AlarmAction, alarmStateSchema, createAlarmState, settleAlarm, watchSession } from './alarm-state.ts';
import { createKeyShares } from './key-shares.ts';

const SETTINGS = { baseline: 0.8, tolerance: 0.03, threshold: 2_000, immediateDrop: 0.2 };

function watch(seed: number, mean: number, sessions: number) {
  const random = createSeededRandom(seed);
  let state = createAlarmState(SETTINGS);
  for (let session = 1; session <= sessions; session += 1) {
    const quality = simulateSessionQuality(random, { mean, calls: 10, intraClassCorrelation: 0.3 });
    const step = watchSession(state, quality, SETTINGS);
    if (step.action !== 'none') return { ...step, session };
    state = step.state;
  }
  return { state, action: 'none' as AlarmAction, session: sessions, evidence: null };
}

describe('the alarm after a promotion', () => {
  it('demotes at once on a drop of fifty points, within a dozen sessions', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const { action, session, state } = watch(seed, 0.3, 200);
      expect({ action, phase: state.phase }).toEqual({ action: 'demote', phase: 'demoted' });
      expect(session).toBeLessThanOrEqual(14);
    }
  });

  it('asks for a reverse canary on a drop of eight points', () => {
    const actions = Array.from({ length: 30 }, (_, seed) => watch(seed, 0.72, 2_000).action);
    expect(actions.filter((action) => action === 'confirm').length).toBeGreaterThan(24);
    expect(actions).not.toContain('none');
  });

  it('keeps quiet over a policy that holds its quality', () => {
    const actions = Array.from({ length: 30 }, (_, seed) => watch(seed, 0.82, 1_000).action);
    expect(actions.filter((action) => action !== 'none').length).toBeLessThanOrEqual(1);
  });

  it('does nothing while the reverse canary runs, and then either demotes or starts over', () => {
    const raised = watch(1, 0.72, 2_000).state;
    expect(raised.phase).toBe('confirming');
    expect(watchSession(raised, 0, SETTINGS)).toMatchObject({ action: 'none', state: raised });
    expect(settleAlarm(raised, true, SETTINGS).phase).toBe('demoted');
    expect(settleAlarm(raised, false, SETTINGS)).toEqual(createAlarmState(SETTINGS));
    expect(settleAlarm(createAlarmState(SETTINGS), true, SETTINGS).phase).toBe('watching');
  });

  it('estimates a drop from its onset, and forgets a bad session once good ones have outweighed it', () => {
    const watched = (qualities: number[]) =>
      qualities.reduce((state, quality) => watchSession(state, quality, SETTINGS).state, createAlarmState(SETTINGS));
    const good = Array.from({ length: 100 }, () => 0.9);
    expect(watched([0, ...good]).onset.count).toBe(0);
    expect(watched([...good, 0.3, 0.2, 0.4]).onset).toMatchObject({ count: 3, qualitySum: expect.closeTo(0.9, 9) });
  });

  it('never demotes at once for what a single key does to it, but asks a reverse canary', () => {
    const watched = (limited: boolean) => {
      const shares = createKeyShares();
      let step = { state: createAlarmState(SETTINGS), action: 'none' as AlarmAction };
      for (let session = 0; session < 400 && step.action === 'none'; session += 1) {
        const bad = session > 100 && session % 5 !== 0;
        const keyId = bad ? 'hopeless' : `key-${session % 17}`;
        const caller = { keyId, weight: shares.hear(keyId), keys: shares.count() };
        step = watchSession(step.state, bad ? 0 : 0.9, SETTINGS, limited ? caller : undefined);
      }
      return step.action;
    };
    expect(watched(false)).toBe('demote');
    expect(watched(true)).toBe('confirm');
  });

  it('demotes at once for what several keys see', () => {
    let step = { state: createAlarmState(SETTINGS), action: 'none' as AlarmAction };
    const shares = createKeyShares();
    for (let session = 0; session < 100 && step.action === 'none'; session += 1) {
      const keyId = `key-${session % 5}`;
      step = watchSession(step.state, 0.1, SETTINGS, { keyId, weight: shares.hear(keyId), keys: shares.count() });
    }
    expect(step).toMatchObject({ action: 'demote', state: { onset: { keys: ['key-0', 'key-1'] } } });
  });

  it('survives being stored', () => {
    const { state } = watch(2, 0.8, 50);
    expect(alarmStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});
