import { describe, expect, it } from 'vitest';
import { governanceSchema } from '#shared/domain/governance.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { createReplayRollouts, type RolloutEnding } from './replay-rollouts.ts';

const DAY_MS = 86_400_000;
const SPACING_MS = 60_000;
const CHANGE = { turnShape: 'simple', from: 'dear', to: 'cheap' };
const GOVERNANCE = governanceSchema.parse({
  models: [],
  ...{ rollout: { maxSessions: 500 }, session: { idleMs: 0 }, coolOffMs: DAY_MS },
});

/** Sessions of both arms in turn until the rollout has ended; quality is the chance that a session is good. */
function run(quality: { readonly canary: number; readonly control: number }, seed = 1) {
  const random = createSeededRandom(seed);
  const rollouts = createReplayRollouts(GOVERNANCE);
  rollouts.open(CHANGE, 0);
  let ending: RolloutEnding | null = null;
  let nowMs = 0;
  for (let at = 0; ending === null; at += 1) {
    nowMs = at * SPACING_MS;
    const variant = at % 2 === 0 ? 'canary' : 'control';
    const good = random.uniform() < quality[variant] ? 1 : 0;
    ending = rollouts.see({ sessionId: `${at}`, variant, quality: good }, nowMs);
  }
  return { rollouts, ending, nowMs };
}

describe('the canaries of a replay', () => {
  it('roll harm back, and let the very change cool off and no other', () => {
    const { rollouts, ending, nowMs } = run({ canary: 0.5, control: 0.95 });
    expect(ending).toBe('rollBack');
    expect(rollouts.running()).toBeNull();
    expect(rollouts.isCooling(CHANGE, nowMs)).toBe(true);
    expect(rollouts.isCooling({ ...CHANGE, from: 'other' }, nowMs)).toBe(false);
    expect(rollouts.isCooling({ ...CHANGE, turnShape: 'other' }, nowMs)).toBe(false);
    expect(rollouts.isCooling(CHANGE, nowMs + DAY_MS)).toBe(false);
  });

  it('give up what is too close to call, which cools off like harm', () => {
    const { rollouts, ending, nowMs } = run({ canary: 0.8, control: 0.81 });
    expect(ending).toBe('inconclusive');
    expect(rollouts.isCooling(CHANGE, nowMs)).toBe(true);
    expect(rollouts.endings()).toEqual({ promote: 0, rollBack: 0, inconclusive: 1 });
  });

  it('promote what is as good, not before they have run for the least time, and it need not cool off', () => {
    const { rollouts, ending, nowMs } = run({ canary: 1, control: 0.4 });
    expect(ending).toBe('promote');
    expect(nowMs).toBeGreaterThanOrEqual(GOVERNANCE.rollout.minDurationMs);
    expect(rollouts.running()).toBeNull();
    expect(rollouts.isCooling(CHANGE, nowMs)).toBe(false);
  });

  it('share the error rates of their quarter, so that one after many without a verdict needs more proof', () => {
    const sessionsToPromote = (without: number) => {
      const rollouts = createReplayRollouts(GOVERNANCE);
      let at = 0;
      const runOne = (qualityOf: (variant: 'canary' | 'control', pair: number) => number) => {
        rollouts.open(CHANGE, at * SPACING_MS);
        const first = at;
        for (let ending: RolloutEnding | null = null; ending === null; at += 1) {
          const variant = at % 2 === 0 ? 'canary' : 'control';
          const quality = qualityOf(variant, Math.floor(at / 2));
          ending = rollouts.see({ sessionId: `${at}`, variant, quality }, at * SPACING_MS);
        }
        return at - first;
      };
      for (let before = 0; before < without; before += 1)
        runOne((variant, pair) => (variant === 'canary' ? pair : pair + 1) % 2);
      return runOne(() => 0.6);
    };
    expect(sessionsToPromote(6)).toBeGreaterThan(1.5 * sessionsToPromote(0));
  });
});
