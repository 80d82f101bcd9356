import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { createBudgetLedger, UNLIMITED } from './budget-ledger.ts';
import { createMemoryCache } from './memory-cache.ts';
import { performBatch } from './perform-batch.ts';
import type { StepRequest } from './requests.ts';
import type { Evaluation, EvaluationReply, Evaluator, Teacher } from './search-ports.ts';

const never = new AbortController().signal;
const teacher: Teacher = {
  model: 't',
  most: () => 0.1,
  teach: async ({ user }) => ({ status: 'answered', text: `re: ${user}`, costUsd: 0.03 }),
};
const plan = { searchId: 's', step: 0, slots: 4, attemptsMax: 3 };
const evaluate = (prefix: string, rowIds: readonly string[], sample = 0): StepRequest => ({
  ...{ kind: 'evaluate', prompt: { prefix }, rowIds, purpose: 'select', sample },
});
const teach = (user: string): StepRequest => ({
  ...{ kind: 'teach', operator: 'o', system: '', user, schemaName: 'x', jsonSchema: {}, maxOutputTokens: 1, draw: 0 },
});

/** An evaluator that answers in the order of the given delays, in turns of the event loop. */
function createEvaluator(
  delays: readonly number[],
  reply: (evaluation: Evaluation, attempt: number) => EvaluationReply,
) {
  const attempts = new Map<string, number>();
  let started = 0;
  const evaluator: Evaluator = {
    ...{ model: 'm', judgeVersion: '1', most: () => ({ judgeCalls: 1, costUsd: 0.01 }) },
    async evaluate(evaluation) {
      const key = JSON.stringify(evaluation);
      const attempt = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, attempt);
      const turns = delays[started % Math.max(1, delays.length)] ?? 0;
      started += 1;
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      return reply(evaluation, attempt);
    },
  };
  return { evaluator, started: () => started };
}

const good = ({ rowId }: Evaluation): EvaluationReply => ({
  ...{ status: 'scored', score: Number(rowId.slice(1)) / 10, output: rowId, reason: '', failed: [] },
  ...{ judgeCalls: 1, costUsd: 0.007 },
});
const broken = { status: 'error', message: 'down', retryable: true, judgeCalls: 0, costUsd: 0.001 } as const;

function open(evaluator: Evaluator, limits = UNLIMITED) {
  const deps = { evaluator, teacher, cache: createMemoryCache(), pause: async () => {} };
  return { deps, ledger: createBudgetLedger(limits) };
}

describe('a batch', () => {
  const requests = [
    evaluate('a', ['r1', 'r2', 'r3']),
    teach('why?'),
    evaluate('b', ['r2', 'r9']),
    evaluate('a', ['r3', 'r4']),
  ];

  it('comes to the same, and costs the same to the last bit, whoever finishes first', async () => {
    const run = async (delays: readonly number[], slots: number) => {
      const { deps, ledger } = open(createEvaluator(delays, good).evaluator);
      const result = await performBatch(deps, { ...plan, slots }, ledger, requests, never);
      return JSON.stringify([result, ledger.spent()]);
    };
    const expected = await run([0], 1);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (delays, slots) => {
          expect(await run(delays, slots)).toBe(expected);
        },
      ),
      PROPERTY,
    );
  });

  it('never spends more than the budget, and refuses whole requests before it spends anything on them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(9), fc.nat(2), async (taskCalls, teacherCalls) => {
        const evaluator = createEvaluator([], good);
        const { deps, ledger } = open(evaluator.evaluator, { ...UNLIMITED, taskCalls, teacherCalls });
        const { outcomes, limit } = await performBatch(deps, plan, ledger, requests, never);
        expect(evaluator.started()).toBeLessThanOrEqual(taskCalls);
        expect(ledger.spent().taskCalls).toBe(evaluator.started());
        expect(limit === null).toBe(taskCalls >= 6 && teacherCalls >= 1);
        for (const outcome of outcomes) {
          if (outcome.kind !== 'evaluate') continue;
          const refused = outcome.rows.filter((row) => row.status === 'refused').length;
          expect([0, outcome.rows.length - 1, outcome.rows.length]).toContain(refused);
        }
      }),
      PROPERTY,
    );
  });

  it('asks for the same evaluation once, now and later', async () => {
    const evaluator = createEvaluator([], good);
    const { deps, ledger } = open(evaluator.evaluator);
    await performBatch(deps, plan, ledger, requests, never);
    expect(evaluator.started()).toBe(6);
    const again = await performBatch(deps, { ...plan, step: 1 }, ledger, requests, never);
    expect([evaluator.started(), again.cached, ledger.spent().taskCalls]).toEqual([6, 7, 6]);
  });

  it('tries failed evaluations again, charges every attempt, and makes no zero of an error', async () => {
    const flaky = createEvaluator([], (evaluation, attempt) => (attempt < 3 ? broken : good(evaluation)));
    const { deps, ledger } = open(flaky.evaluator);
    const { outcomes, failedAttempts } = await performBatch(deps, plan, ledger, [evaluate('a', ['r5'])], never);
    expect(outcomes).toMatchObject([{ rows: [{ status: 'scored', score: 0.5 }] }]);
    expect(failedAttempts).toBe(2);
    expect(ledger.spent().costUsd).toBeCloseTo(0.009, 9);
    const dead = open(createEvaluator([], () => broken).evaluator);
    const failed = await performBatch(dead.deps, plan, dead.ledger, [evaluate('a', ['r5'])], never);
    expect(failed.outcomes).toEqual([{ kind: 'evaluate', rows: [{ status: 'error', message: 'down' }] }]);
  });

  it('charges a step that was cut off as it would have been, and finds its answers in the cache', async () => {
    const controller = new AbortController();
    const evaluator = createEvaluator([], (evaluation) => {
      if (evaluation.rowId === 'r3') controller.abort(new Error('killed'));
      return good(evaluation);
    });
    const { deps } = open(evaluator.evaluator);
    const first = createBudgetLedger(UNLIMITED);
    const cut = performBatch(deps, { ...plan, slots: 1 }, first, requests, controller.signal);
    await expect(cut).rejects.toThrow('killed');
    const resumed = createBudgetLedger(UNLIMITED);
    const result = await performBatch(deps, plan, resumed, requests, never);
    const whole = open(createEvaluator([], good).evaluator);
    expect(result).toEqual(await performBatch(whole.deps, plan, whole.ledger, requests, never));
    expect(resumed.spent()).toEqual(whole.ledger.spent());
    // Three before the kill, of which the third was lost, and four after it.
    expect(evaluator.started()).toBe(7);
  });
});
