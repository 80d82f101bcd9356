import { describe, expect, it } from 'vitest';
import type { ActivePolicies, ServedPolicy } from '#shared/domain/active-policies.ts';
import type { SessionSource } from '#shared/domain/call.ts';
import type { SessionLookup } from './session-lookup.ts';
import { createSessionPins } from './session-pins.ts';

const OPENED_AT_MS = 1_000_000;
const NOW_MS = OPENED_AT_MS + 60_000;
const ROLLOUT_ID = '0b4d4f8e-9a51-4a57-8f0c-0f4b6c1d2e3f';
const SESSIONS = Array.from({ length: 60 }, (_, index) => `session-${index}`);

function policy(policyId: string): ServedPolicy {
  return { policyId, number: 1, body: { schema: 1, turnShapeVersion: 1, routes: [], safeDefault: 'a' } };
}

const ACTIVE: ActivePolicies = {
  projectId: 'p',
  epoch: 3,
  stable: policy('stable'),
  canary: policy('candidate'),
  salt: 'salt',
  revoked: [],
  explorationShare: 0.1,
  rollout: { rolloutId: ROLLOUT_ID, openedAtMs: OPENED_AT_MS, canaryShare: 0.3 },
  prefixes: {},
  governanceVersion: 1,
  models: [],
  paused: false,
};

/** Pins that are looked up in a store with this answer, and how often it was asked. */
function pinsOver(answer: SessionLookup) {
  const asked: string[] = [];
  const pins = createSessionPins({
    lookUp: async (sessionId) => {
      asked.push(sessionId);
      return answer;
    },
  });
  const pinFor = (
    sessionId: string,
    isFirstTurn: boolean,
    active = ACTIVE,
    source: SessionSource = 'claude-code-header',
  ) => pins.pinFor({ session: { sessionId, source }, isFirstTurn, nowMs: NOW_MS, active });
  return { pinFor, asked };
}

const BEGAN_BEFORE: SessionLookup = {
  type: 'found',
  pin: { startedAtMs: OPENED_AT_MS - 1, policyId: 'stable', variant: 'stable', rolloutId: null },
};

describe('createSessionPins', () => {
  it('keeps a session that began before the rollout out of it, also when a sub-agent begins a conversation', async () => {
    const { pinFor } = pinsOver(BEGAN_BEFORE);
    for (const session of SESSIONS) {
      const pin = await pinFor(session, true);
      expect([pin.variant, pin.rolloutId, pin.policy.policyId]).toEqual(['stable', null, 'stable']);
    }
  });

  it('deals a session that the store does not know to the arms, once', async () => {
    const { pinFor, asked } = pinsOver({ type: 'none' });
    const dealt = await Promise.all(SESSIONS.map((session) => pinFor(session, true)));
    expect(new Set(dealt.map(({ variant }) => variant))).toEqual(
      new Set(['canary', 'control', 'exploration', 'stable']),
    );
    expect(await Promise.all(SESSIONS.map((session) => pinFor(session, false)))).toEqual(dealt);
    expect(asked).toHaveLength(SESSIONS.length);
  });

  it('leaves a new session in its arm when the store does not answer', async () => {
    const { pinFor } = pinsOver({ type: 'unknown' });
    const dealt = await Promise.all(SESSIONS.map((session) => pinFor(session, true)));
    expect(dealt.some(({ variant }) => variant === 'canary')).toBe(true);
    expect(await Promise.all(SESSIONS.map((session) => pinFor(session, false)))).toEqual(dealt);
  });

  it('asks the store nothing of a first request without a rollout, or of a session that only we can name', async () => {
    const { pinFor, asked } = pinsOver({ type: 'none' });
    await pinFor('one', true, { ...ACTIVE, rollout: null, canary: null });
    await pinFor('two', true, ACTIVE, 'fingerprint');
    expect(asked).toEqual([]);
  });

  it('logs the chance to explore alike for sessions dealt here and sessions restored', async () => {
    const dealt = await pinsOver({ type: 'none' }).pinFor('s', true);
    const stored = { startedAtMs: NOW_MS, policyId: 'stable', variant: 'control' as const, rolloutId: ROLLOUT_ID };
    const restored = await pinsOver({ type: 'found', pin: stored }).pinFor('s', false);
    expect(restored.variant).toBe('control');
    expect(restored.explorationProbability).toBe(dealt.explorationProbability);
  });
});
