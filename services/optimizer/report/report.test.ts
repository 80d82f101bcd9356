import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportRow, SessionSums } from '#shared/database/report-store.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { buildReport } from './build-report.ts';
import { addSums, differenceOf, meanOf, NO_SESSIONS } from './compare-arms.ts';

const BODY: PolicyBody = {
  schema: 1,
  turnShapeVersion: 1,
  routes: [
    {
      ...{ id: 'all', match: { requestModel: 'claude-*' }, fallbacks: [], exploration: [] },
      targets: [
        { model: 'dear', weight: 9_000 },
        { model: 'cheap', weight: 1_000 },
      ],
    },
  ],
  safeDefault: 'dear',
};

function sumsOf(costs: readonly number[], qualities: readonly number[]): SessionSums {
  return costs.reduce<SessionSums>((sums, cost, index) => {
    const quality = qualities[index] ?? 0;
    const one = { sessions: 1, costUsd: cost, costUsdSquared: cost ** 2, scored: 1, hardFailures: 0 };
    return addSums(sums, { ...one, quality, qualitySquared: quality ** 2 });
  }, NO_SESSIONS);
}

function row(model: string, day: string, sums: SessionSums, change: Partial<ReportRow> = {}): ReportRow {
  return {
    ...{ day, requestModel: 'claude-x', turnShape: '4k-multi-plan', model, provider: `p-${model}` },
    ...sums,
    ...change,
  };
}

function report(rows: readonly ReportRow[]) {
  return buildReport({
    ...{ since: new Date(0), until: new Date(1), baseline: { policyId: 'x', number: 1, body: BODY } },
    ...{ rows, arms: [], overhead: { judgesUsd: 0, replaysUsd: 0 } },
  });
}

const spread = (mean: number, count: number) =>
  Array.from({ length: count }, (_, index) => mean + (index % 2 ? 0.01 : -0.01));

describe('a report', () => {
  it('compares with what the baseline served on the same day, so that a bad day credits nobody', () => {
    const rows = [
      row('dear', '2026-01-01', sumsOf(spread(1, 50), spread(0.9, 50))),
      row('cheap', '2026-01-01', sumsOf(spread(0.2, 50), spread(0.9, 50))),
      // On the second day everything is dear and bad, and nearly all of it was served by the cheap model.
      row('dear', '2026-01-02', sumsOf(spread(3, 50), spread(0.5, 50))),
      row('cheap', '2026-01-02', sumsOf(spread(2.2, 450), spread(0.5, 450))),
    ];
    const { total, providers } = report(rows);
    expect(total).toMatchObject({ sessions: 600, comparable: 600 });
    expect(total.costDifference?.perSession.mean).toBeCloseTo(-0.8, 9);
    expect(total.costDifference?.total.mean).toBeCloseTo(-400, 6);
    expect(total.qualityDifference?.perSession.mean).toBeCloseTo(0, 9);
    expect(providers.map(({ name, costDifference }) => [name, costDifference?.sessions ?? 0])).toEqual([
      ['p-cheap', 500],
      ['p-dear', 0],
    ]);
  });

  it('says nothing of what has no concurrent baseline', () => {
    const alone = row('cheap', '2026-01-01', sumsOf([1, 2], [1, 1]));
    const { total } = report([alone, row('dear', '2026-01-01', sumsOf([5], [1]))]);
    expect(total).toMatchObject({ sessions: 3, comparable: 0, costDifference: null, qualityDifference: null });
    expect(report([]).total).toMatchObject({ sessions: 0, quality: null });
  });

  it('takes the baseline of each route by what was asked for', () => {
    const other = { requestModel: 'gpt-x' };
    const rows = [
      row('cheap', '2026-01-01', sumsOf([1, 1], [1, 1]), other),
      row('dear', '2026-01-01', sumsOf([9, 9], [1, 1]), other),
    ];
    expect(report(rows).total.comparable).toBe(0);
  });
});

describe('a difference', () => {
  it('covers the truth in about 95 of 100 samples', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return seed / 2 ** 32;
    };
    const draw = (mean: number, count: number) => Array.from({ length: count }, () => (random() < mean ? 1 : 0));
    const runs = 400;
    let covered = 0;
    for (let run = 0; run < runs; run += 1) {
      const strata = [0.3, 0.7].map((mean) => ({
        treated: sumsOf(draw(mean + 0.1, 120), []),
        baseline: sumsOf(draw(mean, 60), []),
      }));
      const { low, high } = differenceOf(strata, 'cost')!.perSession;
      covered += low <= 0.1 && 0.1 <= high ? 1 : 0;
    }
    expect(covered / runs).toBeGreaterThan(0.92);
    expect(covered / runs).toBeLessThan(0.98);
  });

  it('of equal arms is nothing, and sums do not depend on their order', () => {
    const values = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(values, (costs) => {
        const arm = sumsOf(costs, costs);
        expect(differenceOf([{ treated: arm, baseline: arm }], 'cost')?.perSession.mean).toBe(0);
        expect(meanOf(sumsOf(costs.toReversed(), []), 'cost')?.mean).toBeCloseTo(meanOf(arm, 'cost')?.mean ?? -1, 9);
      }),
    );
  });
});
