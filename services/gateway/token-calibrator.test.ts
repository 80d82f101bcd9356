import { describe, expect, it } from 'vitest';
import type { StoredCalibration } from '#shared/database/token-calibration-store.ts';
import { observeRatio, type TokenCalibration, UNCALIBRATED } from '#shared/domain/token-calibration.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { countMessageTokens, countTokens } from '#shared/formats/count-tokens.ts';
import { createLog } from '#shared/log.ts';
import { type CountedCall, createTokenCalibrator } from './token-calibrator.ts';

const COUNTER = { provider: 'vllm', model: 'qwen3-coder' };
const TEXT = 'The parser returned 37 items, e.g. item_4["k"]; and none of them was what the caller asked for. ';

function bodyOf(turns: number): CanonicalBody {
  const messages = Array.from({ length: 2 * turns - 1 }, (_, index) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: TEXT.repeat(20),
  }));
  return { model: 'm', max_tokens: 5, messages };
}

function harness(stored: readonly StoredCalibration[] = []) {
  const written: (readonly Omit<StoredCalibration, 'gatewayId'>[])[] = [];
  const state = { nowMs: 1_000_000, isStoreDown: false, counted: 0 };
  const tokens = createTokenCalibrator({
    gatewayId: 'here',
    read: async () => stored,
    write: async (rows) => {
      if (state.isStoreDown) throw new Error('down');
      written.push(rows);
    },
    later: (work) => {
      state.counted += 1;
      work();
    },
    now: () => state.nowMs,
    log: createLog('test', 'silent'),
  });
  const wantCounts = () => tokens.count(COUNTER, bodyOf(1));
  const observe = (turns: number, factor: number, more: Partial<CountedCall> = {}): void => {
    const body = bodyOf(turns);
    const inputTokens = Math.round(countTokens(body, COUNTER.model) * factor);
    tokens.observe({
      ...{ ...COUNTER, conversation: 's/', rawEstimate: inputTokens, inputTokens, outputTokens: 0 },
      ...{ messages: body.messages.length, body: () => body, answer: [], ...more },
    });
  };
  return { tokens, state, written, observe, wantCounts };
}

const learned = (ratio: number): TokenCalibration => ({
  ...UNCALIBRATED,
  prompt: Array.from({ length: 10 }).reduce<TokenCalibration['prompt']>(
    (sample) => observeRatio(sample, 1_000 * ratio, 1_000),
    UNCALIBRATED.prompt,
  ),
});
const row = (gatewayId: string, ratio: number): StoredCalibration => ({
  ...{ ...COUNTER, gatewayId, calibration: learned(ratio), updatedAt: new Date(0) },
});

describe('the token calibrator', () => {
  it('begins with what the family of the model is known for', () => {
    const { tokens } = harness();
    const estimates = ['gpt-4.1', 'qwen3-coder', 'claude-sonnet-4-5'].map((model) =>
      tokens.estimate({ provider: 'p', model }, 1_000),
    );
    expect(estimates).toEqual([1_100, 1_211, 1_475]);
  });

  it('follows the usage of its calls, each model by itself', () => {
    const { tokens, state, observe } = harness();
    const before = tokens.count(COUNTER, bodyOf(3));
    for (let call = 0; call < 10; call += 1) {
      state.nowMs += 60_000;
      observe(3, 1.3, { rawEstimate: 1_000, inputTokens: 2_000, conversation: `s${call}/` });
      observe(3, 1.3, { conversation: `t${call}/` });
    }
    expect(tokens.estimate(COUNTER, 1_000)).toBe(2_000);
    state.nowMs += 60_000;
    for (let call = 0; call < 70; call += 1) {
      state.nowMs += 60_000;
      observe(3, 1.3, { conversation: `u${call}/` });
    }
    expect(tokens.count(COUNTER, bodyOf(3)) / before).toBeCloseTo(1.3, 2);
    expect(tokens.count({ ...COUNTER, provider: 'other' }, bodyOf(3))).toBe(before);
  });

  it('counts seldom, and the turn after a counted one of the same conversation', () => {
    const { state, observe, wantCounts } = harness();
    wantCounts();
    observe(1, 1);
    // The same request once more is no turn: clients retry, and ask the same of several models.
    observe(1, 1);
    observe(1, 1, { conversation: 'another/' });
    expect(state.counted).toBe(1);
    observe(2, 1);
    expect(state.counted).toBe(2);
    observe(3, 1);
    expect(state.counted).toBe(2);
    state.nowMs += 20_000;
    observe(4, 1);
    expect(state.counted).toBe(3);
  });

  it('counts nothing where nobody has asked for a count within the hour', () => {
    const { state, observe, wantCounts } = harness();
    observe(1, 1);
    expect(state.counted).toBe(0);
    wantCounts();
    state.nowMs += 3_600_000;
    observe(2, 1);
    expect(state.counted).toBe(1);
    state.nowMs += 20_000;
    observe(3, 1, { conversation: 'later/' });
    expect(state.counted).toBe(1);
  });

  it('learns from the growth of a conversation', async () => {
    const { tokens, state, observe, written, wantCounts } = harness();
    wantCounts();
    for (let pair = 0; pair < 10; pair += 1) {
      state.nowMs += 60_000;
      observe(1, 1, { conversation: `s${pair}/` });
      const grown = countMessageTokens(bodyOf(2).messages.slice(1), COUNTER.model);
      const inputTokens = countTokens(bodyOf(1), COUNTER.model) + Math.round(grown * 1.5);
      observe(2, 1, { conversation: `s${pair}/`, inputTokens });
    }
    await tokens.save();
    const growth = written[0]?.[0]?.calibration.growth;
    expect(growth?.seen).toBe(10);
    expect(growth?.ratios.every((ratio) => Math.abs(ratio - 1.5) < 0.01)).toBe(true);
  });

  it('survives a call that cannot be counted', () => {
    const { tokens, observe, wantCounts } = harness();
    wantCounts();
    const body = () => {
      throw new Error('no body');
    };
    expect(() => observe(1, 1, { body })).not.toThrow();
    expect(tokens.count(COUNTER, bodyOf(1))).toBeGreaterThan(0);
  });

  it('refuses by the middle of what it saw, and not by the most', () => {
    const { tokens, state, observe } = harness();
    const counted = countTokens(bodyOf(3), COUNTER.model);
    expect(tokens.countAtLeast(COUNTER, bodyOf(3))).toBeLessThan(counted);
    for (let call = 0; call < 20; call += 1) {
      state.nowMs += 60_000;
      observe(3, call % 2 === 0 ? 0.9 : 1.4, { conversation: `s${call}/` });
    }
    expect(tokens.countAtLeast(COUNTER, bodyOf(3)) / counted).toBeCloseTo(0.9, 2);
    expect(tokens.count(COUNTER, bodyOf(3)) / counted).toBeCloseTo(1.4, 2);
  });
});

describe('what was learned', () => {
  it('is kept once, and again when the store comes back', async () => {
    const { tokens, state, written, observe, wantCounts } = harness();
    wantCounts();
    await tokens.save();
    observe(2, 1.2);
    state.isStoreDown = true;
    await tokens.save();
    state.isStoreDown = false;
    await tokens.save();
    await tokens.save();
    expect(written.map((rows) => rows.length)).toEqual([1]);
    expect(written[0]?.[0]).toMatchObject({ ...COUNTER, calibration: { prompt: { seen: 1 } } });
  });

  it('is what a gateway begins with: its own, or else what the others know', async () => {
    const before = harness().tokens.count(COUNTER, bodyOf(3));
    const own = harness([row('other', 2), row('here', 1.5)]);
    await own.tokens.load();
    expect(own.tokens.count(COUNTER, bodyOf(3)) / before).toBeCloseTo(1.5, 2);
    const fresh = harness([row('other', 2), row('third', 1.5)]);
    await fresh.tokens.load();
    expect(fresh.tokens.count(COUNTER, bodyOf(3)) / before).toBeCloseTo(2, 2);
  });

  it('is not forgotten when a call comes before the store has answered', async () => {
    const before = harness().tokens.count(COUNTER, bodyOf(3));
    const { tokens, observe } = harness([row('here', 1.5)]);
    const loading = tokens.load();
    observe(3, 1);
    await loading;
    expect(tokens.count(COUNTER, bodyOf(3)) / before).toBeCloseTo(1.5, 2);
  });
});
