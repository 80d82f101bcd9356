import { describe, expect, it } from 'vitest';
import type { StoredQualityScore } from '#shared/database/score-store.ts';
import type { SessionCall } from '#shared/database/session-closing.ts';
import { describeEffort, efficiencyOf, effortOf, LIKE_SESSIONS_MIN } from './session-effort.ts';

function callOf(callId: string, tokens = 1_000): SessionCall {
  const rest = { parentCallId: null, agentId: null, parentAgentId: null, errorType: null, stopReason: 'end_turn' };
  return { callId, tokens, turnShape: '4k-none-plan', status: 'ok', ...rest };
}

function failureOf(
  callId: string,
  scorer: string,
  owner: StoredQualityScore['owner'] = 'provider',
): StoredQualityScore {
  const verdict = { status: 'scored', outcome: 'fail', value: 0, severity: 'warning' } as const;
  const rest = { subjectType: 'call', metric: 'toolUse', judge: null, samplingProbability: 1 } as const;
  return { callId, scorer, scorerVersion: '1', owner, ...verdict, ...rest };
}

const CALLS = ['a', 'b', 'c', 'd'].map((callId) => callOf(callId));
const LIKE = { sessions: LIKE_SESSIONS_MIN, medianCalls: 2, medianTokens: 4_000 };

describe('effortOf', () => {
  it('counts a call once, however much of it was waste', () => {
    const effort = effortOf(CALLS, [
      failureOf('b', 'redundant_read'),
      failureOf('b', 'failing_call_repeated'),
      failureOf('b', 'loop_cycle'),
      failureOf('c', 'tool_result_error'),
    ]);
    expect(effort).toEqual({
      calls: 4,
      tokens: 4_000,
      redundantReads: 1,
      repeatedCalls: 1,
      failedCalls: 1,
      wastedCalls: 2,
    });
  });

  it("holds neither an environment's error nor the failures of other calls against it", () => {
    const effort = effortOf(CALLS, [failureOf('a', 'tool_result_error', 'tool'), failureOf('elsewhere', 'loop_cycle')]);
    expect(effort.wastedCalls).toBe(0);
  });
});

describe('efficiencyOf', () => {
  const straight = effortOf(CALLS, []);
  const wasteful = effortOf(CALLS, [failureOf('b', 'redundant_read')]);

  it('is the share of calls that were no waste while its kind is not known', () => {
    expect(efficiencyOf(straight, null)).toBe(1);
    expect(efficiencyOf(wasteful, { ...LIKE, sessions: LIKE_SESSIONS_MIN - 1 })).toBe(0.75);
  });

  it('falls with calls and tokens above the median of its kind, and does not rise below it', () => {
    expect(efficiencyOf(straight, LIKE)).toBeCloseTo(Math.SQRT1_2, 3);
    expect(efficiencyOf(straight, { ...LIKE, medianCalls: 40, medianTokens: 99_000 })).toBe(1);
    expect(efficiencyOf(wasteful, LIKE)).toBeCloseTo(0.75 * Math.SQRT1_2, 3);
  });

  it('goes by calls where no upstream has counted tokens, and knows nothing of a session without calls', () => {
    expect(efficiencyOf({ ...straight, tokens: 0 }, LIKE)).toBe(0.5);
    expect(efficiencyOf({ ...straight, calls: 0 }, LIKE)).toBeNull();
  });
});

describe('describeEffort', () => {
  it('says what a session is compared with, or that there is nothing yet', () => {
    const effort = effortOf(CALLS, [failureOf('b', 'redundant_read')]);
    expect(describeEffort(effort, LIKE)).toBe(
      '4 calls, 4000 tokens, 1 wasted (1 redundant reads, 0 repeated, 0 failed); median of 20 of its kind: 2 calls, 4000 tokens',
    );
    expect(describeEffort(effort, null)).toContain('too few sessions of its kind');
  });
});
