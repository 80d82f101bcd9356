import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReplayPace } from './replay-pace.ts';
import { type EvaluatorFixture, openEvaluatorFixture } from './testing/evaluator-fixture.ts';

const NEVER = new AbortController().signal;
let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());

/** Two evaluators on one database, whose waits move one clock on. */
function paces(perMinute: number | null) {
  let nowMs = Date.UTC(2026, 0, 7, 13);
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
    nowMs += ms;
  };
  const deps = { database: fixture.deps.database, now: () => nowMs, random: () => 0, wait };
  const make = () => createReplayPace(deps, { projectId: 'default', perMinute });
  return { first: make(), second: make(), waits, moveOn: (ms: number) => (nowMs += ms) };
}

describe('the pace of replays', () => {
  it('is one of all evaluators together: beyond it they wait for the next minute', async () => {
    const { first, second, waits } = paces(3);
    for (const pace of [first, second, first]) expect(await pace.turn('limited', NEVER)).toBe(true);
    expect(waits).toEqual([]);
    expect(await second.turn('limited', NEVER)).toBe(true);
    expect(waits).toEqual([60_000]);
  });

  it('stops for a provider that says "too fast", in every evaluator and for as long as it says', async () => {
    const { first, second, waits, moveOn } = paces(null);
    expect(await first.turn('busy', NEVER)).toBe(true);
    await second.slowDown('busy', 30);
    moveOn(2_000);
    expect(await first.turn('other', NEVER)).toBe(true);
    expect(await first.turn('busy', NEVER)).toBe(true);
    expect(waits).toEqual([28_000]);
  });

  it('gives a job back rather than waiting for minutes', async () => {
    const { first, waits } = paces(null);
    await first.slowDown('away', 500);
    expect(await first.turn('away', NEVER)).toBe(false);
    expect(waits).toEqual([]);
  });
});
