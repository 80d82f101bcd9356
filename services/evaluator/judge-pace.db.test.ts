import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readJudgeLedger, reserveJudgeBudget, settleJudgeBudget } from '#shared/database/judge-store.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { createJudgePace } from './judge-pace.ts';
import { type EvaluatorFixture, openEvaluatorFixture } from './testing/evaluator-fixture.ts';

const LLM = { provider: 'local', model: 'judge-1' } as Llm;
const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

describe('the pace of a judge', () => {
  let fixture: EvaluatorFixture;
  let now = 0;
  let waited: number[] = [];
  beforeAll(async () => {
    fixture = await openEvaluatorFixture();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    await fixture.owner.deleteFrom('judgePace').execute();
    now = Date.UTC(2026, 0, 7, 13);
    waited = [];
  });

  /** Each evaluator has a pace of its own; what they share is the database. */
  const paceOf = (perMinute: number | null) =>
    createJudgePace(
      {
        database: fixture.deps.database,
        now: () => now,
        random: () => 0.5,
        wait: async (ms) => {
          waited.push(ms);
          now += ms;
        },
      },
      { projectId: 'default', perMinuteOf: () => perMinute },
    );

  it('gives all evaluators together as many turns a minute as it may, and the next ones a minute later', async () => {
    const [first, second] = [paceOf(3), paceOf(3)];
    for (const pace of [first, second, first]) expect(await pace.turn(LLM, NEVER)).toBe(true);
    expect(waited).toEqual([]);
    expect(await second.turn(LLM, NEVER)).toBe(true);
    expect(waited).toEqual([MINUTE_MS + 1_500]);
  });

  it('never gives more turns than it may to evaluators that ask at once', async () => {
    const paces = Array.from({ length: 12 }, () =>
      createJudgePace(
        { database: fixture.deps.database, now: () => now, random: () => 0, wait: async () => {} },
        { projectId: 'default', perMinuteOf: () => 5 },
      ),
    );
    const turns = await Promise.all(paces.map((pace) => pace.turn(LLM, NEVER)));
    expect(turns.filter((turn) => turn)).toHaveLength(5);
  });

  it('leaves a provider alone that said so, in every evaluator, and gives the job back when that is long', async () => {
    const [first, second] = [paceOf(null), paceOf(null)];
    expect(await first.turn(LLM, NEVER)).toBe(true);
    await first.slowDown(LLM, 30);
    expect(await second.turn(LLM, NEVER)).toBe(true);
    expect(waited).toEqual([31_500]);
    await first.slowDown(LLM, 600);
    expect(await second.turn(LLM, NEVER)).toBe(false);
  });

  it('waits no longer once the worker has to close', async () => {
    const pace = paceOf(1);
    const closing = AbortSignal.abort();
    expect(await pace.turn(LLM, closing)).toBe(true);
    expect(await pace.turn(LLM, closing)).toBe(false);
    expect(waited).toEqual([]);
  });

  it('keeps a ledger of what each judge cost and how often it was of no use', async () => {
    const at = { projectId: 'default', day: '2026-01-07', judge: 'local/judge-1' };
    expect(await reserveJudgeBudget(fixture.deps.database, at, 0.5, 1)).toBe(true);
    const counted = { repairs: 1, canaryMisses: 1, rateLimited: 2, otherModel: 3, unusable: 1 };
    const settlement = { reservedUsd: 0.5, spentUsd: 0.2, calls: 4, errors: 2, ...counted };
    await settleJudgeBudget(fixture.deps.database, at, settlement);
    const [line] = await readJudgeLedger(fixture.deps.database, 'default', '2026-01-01');
    expect(line).toEqual({
      day: at.day,
      judge: at.judge,
      spentUsd: 0.2,
      reservedUsd: 0,
      calls: 4,
      errors: 2,
      ...counted,
    });
    expect(await readJudgeLedger(fixture.deps.database, 'default', '2026-01-08')).toEqual([]);
  });
});
