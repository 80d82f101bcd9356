import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { type BudgetLimits, createBudgetLedger, NOTHING, type Spending } from './budget-ledger.ts';

const KINDS = ['taskCalls', 'teacherCalls', 'judgeCalls', 'costUsd'] as const;
const LIMITS: BudgetLimits = { taskCalls: 40, teacherCalls: 6, judgeCalls: 30, costUsd: 2 };

describe('the budget ledger', () => {
  it('never has more spent and set aside than its limits, whatever is asked of it', () => {
    const spending = fc.record({
      taskCalls: fc.integer({ min: 0, max: 9 }),
      teacherCalls: fc.integer({ min: 0, max: 3 }),
      judgeCalls: fc.integer({ min: 0, max: 9 }),
      costUsd: fc.double({ min: 0, max: 0.7, noNaN: true }),
    });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(spending, share, fc.boolean()), { maxLength: 40 }), (asks) => {
        const ledger = createBudgetLedger(LIMITS);
        const open: { most: Spending; share: number }[] = [];
        for (const [most, part, settlesNow] of asks) {
          if (ledger.reserve(most).ok) open.push({ most, share: part });
          const next = settlesNow ? open.shift() : undefined;
          if (next !== undefined) ledger.settle(next.most, partOf(next.most, next.share));
          for (const kind of KINDS) {
            expect(ledger.left()[kind]).toBeGreaterThanOrEqual(-1e-6);
            expect(ledger.spent()[kind]).toBeLessThanOrEqual(LIMITS[kind] + 1e-6);
          }
        }
      }),
      PROPERTY,
    );
  });

  it('names the limit that forbids, and sets nothing aside then', () => {
    const ledger = createBudgetLedger(LIMITS);
    expect(ledger.reserve({ ...NOTHING, teacherCalls: 7 })).toEqual({ ok: false, limit: 'teacherCalls' });
    expect(ledger.left()).toEqual(LIMITS);
  });

  it('goes on from what was spent before', () => {
    const ledger = createBudgetLedger(LIMITS, { ...NOTHING, taskCalls: 39 });
    expect(ledger.reserve({ ...NOTHING, taskCalls: 2 }).ok).toBe(false);
    expect(ledger.reserve({ ...NOTHING, taskCalls: 1 }).ok).toBe(true);
  });

  it('refuses to settle beyond what was set aside', () => {
    const ledger = createBudgetLedger(LIMITS);
    ledger.reserve({ ...NOTHING, taskCalls: 2 });
    expect(() => ledger.settle({ ...NOTHING, taskCalls: 2 }, { ...NOTHING, taskCalls: 3 })).toThrow('beyond');
    expect(() => ledger.settle({ ...NOTHING, taskCalls: 3 }, NOTHING)).toThrow('beyond');
  });
});

function partOf(most: Spending, share: number): Spending {
  const whole = (kind: (typeof KINDS)[number]) => Math.floor(most[kind] * share);
  return {
    ...{ taskCalls: whole('taskCalls'), teacherCalls: whole('teacherCalls'), judgeCalls: whole('judgeCalls') },
    costUsd: most.costUsd * share,
  };
}
