import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplayResult } from '#shared/database/replay-store.ts';
import { chooseReplaySet, KEY_SHARE_MAX, type ReplayableFacts } from './choose-replay-set.ts';
import { describeTask } from './demands.ts';
import { pricePrefix } from './price-prefix.ts';
import { describeRow, rowFactsOf } from './row-facts.ts';
import { scoreReplay } from './score-replay.ts';

const SECRET = 'the quarterly figures of the northern branch';

describe('a replay set', () => {
  const call = (index: number, change: Partial<ReplayableFacts> = {}): ReplayableFacts => ({
    ...{ callId: `call-${index}`, sessionId: `session-${index}`, keyId: `key-${index % 5}` },
    ...{ transcriptHead: `head-${index}`, tail: `tail-${index}`, failing: index % 2 === 0, ...change },
  });

  it('has one call of a session and none of the same request or the same last message', () => {
    const calls = [
      call(0),
      call(2, { sessionId: 'session-0' }),
      call(4, { transcriptHead: 'head-0' }),
      call(6, { tail: 'tail-0' }),
      call(8),
      call(1),
    ];
    const chosen = chooseReplaySet(calls, 10);
    expect(chosen.calls.map((each) => each.callId)).toEqual(['call-0', 'call-8', 'call-1']);
    expect(chosen.counts).toEqual({ found: 6, sameSession: 1, duplicates: 2, overKeyCap: 0 });
  });

  it('never takes a session among the passing ones that failed in another call', () => {
    const chosen = chooseReplaySet([call(1, { sessionId: 'mixed' }), call(2, { sessionId: 'mixed' })], 10);
    expect(chosen.calls.map((each) => each.failing)).toEqual([true]);
  });

  it('keeps every key to its share, however much of the traffic is its own', () => {
    const records = fc.array(fc.record({ key: fc.nat({ max: 2 }), failing: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(records, fc.integer({ min: 10, max: 60 }), (given, limit) => {
        const calls = given.map(({ key, failing }, index) => call(index, { keyId: `key-${key}`, failing }));
        const { calls: chosen, counts } = chooseReplaySet(calls, limit, { isSingle: false });
        expect(chosen.length).toBeLessThanOrEqual(limit);
        for (const key of ['key-0', 'key-1', 'key-2']) {
          const share = chosen.filter((each) => each.keyId === key).length;
          expect(share).toBeLessThanOrEqual(Math.max(4, Math.floor(limit * KEY_SHARE_MAX)));
        }
        expect(new Set(chosen.map((each) => each.sessionId)).size).toBe(chosen.length);
        expect(counts.found).toBe(calls.length);
      }),
    );
  });

  it('is not kept to a share where all traffic has one key', () => {
    const calls = Array.from({ length: 30 }, (_, index) => call(index, { keyId: 'only' }));
    expect(chooseReplaySet(calls, 20).calls).toHaveLength(20);
  });
});

describe('what a teacher learns of a call', () => {
  it('are counts in our own words, and nothing that anybody wrote', () => {
    const request = {
      max_tokens: 32_000,
      tools: [{ name: SECRET, description: SECRET }],
      messages: [{ role: 'user', content: SECRET }],
    };
    const response = { content: [{ type: 'tool_use', name: SECRET, input: { text: SECRET } }] };
    const facts = rowFactsOf({ inputTokens: 900, cacheReadInputTokens: 50, outputTokens: 40 }, request, response);
    expect(facts).toEqual({
      ...{ tools: 1, messages: 1, inputTokens: 900, cacheReadInputTokens: 50, outputTokens: 40 },
      ...{ outputTokensMax: 2_000, toolCalls: 1 },
    });
    const told = describeRow(facts, { turnShape: '4k-parallel-plan' }, true) + JSON.stringify(facts);
    for (const word of SECRET.split(' ').filter((each) => each.length > 3)) expect(told).not.toContain(word);
  });

  it('is what the failing check demands', () => {
    const cell = { check: 'parallel_collapsed', stage: 'tool_use', expectedVsActual: 'calls 2+ -> 1' };
    const told = describeTask({ ...cell, turnShape: '4k-parallel-plan', failures: 12, sessions: 9 });
    for (const word of ['parallel_collapsed', 'calls 2+ -> 1', 'its own call', '12 failures'])
      expect(told).toContain(word);
  });
});

describe('the score of a replay', () => {
  const result = (change: Partial<ReplayResult>): ReplayResult => ({
    ...{ toolUse: 1, fidelity: 1, outcomes: {}, failures: [], stopReason: 'tool_use', toolCalls: 2 },
    ...{ judged: null, judgeCostUsd: 0, durationMs: 1, inputTokens: 1, outputTokens: 1, error: null, ...change },
  });
  const failure = {
    scorer: 'parallel_collapsed',
    severity: 'fatal',
    owner: 'provider',
    expectedVsActual: 'calls 2+ -> 1',
  };

  it('is that of a session of the one call, with the reason in our words', () => {
    expect(scoreReplay(result({}), { toolCalls: 2 })).toMatchObject({
      score: 1,
      failed: [],
      reason: 'every check passed',
    });
    const failed = scoreReplay(result({ toolUse: 0.5, failures: [failure] }), { toolCalls: 2 });
    expect(failed).toMatchObject({ score: 0.25, failed: ['parallel_collapsed'] });
    expect(failed.reason).toMatch(
      /parallel_collapsed failed \(fatal; calls 2\+ -> 1\): Every tool call is its own call/,
    );
  });

  it('is 0 for an answer that stops using tools, and not for one that never did', () => {
    const silent = result({ toolUse: null, toolCalls: 0, stopReason: 'end_turn' });
    expect(scoreReplay(silent, { toolCalls: 1 }).score).toBe(0);
    expect(scoreReplay(silent, { toolCalls: 0 }).score).toBe(1);
  });

  it('takes no fault of others for the model, and heeds a judge', () => {
    const client = scoreReplay(result({ failures: [{ ...failure, owner: 'client' }] }), { toolCalls: 2 });
    expect(client).toMatchObject({ score: 1, failed: [] });
    const judged = scoreReplay(result({ judged: { value: 0.5, explanation: 'tool_fits failed' } }), { toolCalls: 2 });
    expect(judged).toMatchObject({ score: 0.75, reason: 'judged 0.50: tool_fits failed' });
  });
});

describe('the price of a prefix', () => {
  const price = { input: 2, output: 8, cacheRead: 0.2, cacheWrite: 2.5 };
  const texts = { seed: '', candidate: 'x'.repeat(400) };

  it('is that of its tokens with every call, and of a cache where calls are read from one', () => {
    const plain = pricePrefix(texts, [{ inputTokens: 1_000, cacheReadInputTokens: 0, outputTokens: 100 }], price, 60);
    expect(plain).toMatchObject({ tokens: 100, tokensBefore: 0, cacheLossUsd: 0 });
    expect(plain.perCallUsd).toBeCloseTo(0.0002, 12);
    expect(plain.shareOfCall).toBeCloseTo(0.0002 / 0.0028, 9);
    const cached = pricePrefix(texts, [{ inputTokens: 0, cacheReadInputTokens: 1_000, outputTokens: 100 }], price, 60);
    expect(cached.perCallUsd).toBeCloseTo(0.00002, 12);
    // An hour of these calls reads its caches anew: 60 times a thousand tokens written that would have been read.
    expect(cached.cacheLossUsd).toBeCloseTo((60 * 1_000 * 2.3) / 1e6, 9);
  });

  it('is below zero for a shorter one', () => {
    const calls = [{ inputTokens: 1_000, cacheReadInputTokens: 0, outputTokens: 100 }];
    expect(pricePrefix({ seed: texts.candidate, candidate: 'x' }, calls, price, 1).perCallUsd).toBeLessThan(0);
  });
});
