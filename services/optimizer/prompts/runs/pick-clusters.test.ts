import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import { type EarlierSearch, pickClusters } from './pick-clusters.ts';

const cell = (index: number, change: Partial<FixableFailures> = {}): FixableFailures => ({
  ...{ clusterId: `cluster-${index}`, check: `check-${index}`, stage: 'tool_use', expectedVsActual: '' },
  ...{ turnShape: '4k-single-plan', model: 'swift', prefixId: null, failures: 10, sessions: 8, replayable: 10 },
  ...{ judged: false, calls: 100, ...change },
});
const search = (index: number, gain: number | null, rests = false): EarlierSearch => ({
  ...{
    clusterId: `cluster-${index}`,
    turnShape: '4k-single-plan',
    model: 'swift',
    check: `check-${index}`,
    gain,
    rests,
  },
});
const served = () => true;
const night = { budgetUsd: 6, clusters: 2 };

describe('the clusters of a night', () => {
  it('are those with the most failures times what earlier searches for the check gained', () => {
    const earlier = [search(1, 0), search(1, 0), search(1, 0), search(2, 0.8), search(2, 0.6)];
    const picked = pickClusters(
      [cell(1, { failures: 30 }), cell(2, { failures: 12 }), cell(3)],
      earlier,
      served,
      night,
    );
    expect(picked.map((each) => each.reason)).toEqual(['picked', 'picked', 'beyond_clusters']);
    const [first, second] = picked;
    expect(first?.expectedGain).toBeCloseTo(0.1, 9);
    expect(second?.expectedGain).toBeCloseTo((0.5 + 1.4) / 4, 9);
    expect(second!.budgetUsd).toBeGreaterThan(first!.budgetUsd);
  });

  it('are each told why they were not taken', () => {
    const cells = [cell(1), cell(2, { replayable: 0 }), cell(3), cell(4)];
    const picked = pickClusters(cells, [search(3, 0, true)], (each) => each.clusterId !== 'cluster-1', night);
    expect(picked.map((each) => each.reason)).toEqual(['not_served', 'not_replayable', 'tried_lately', 'picked']);
    const hopeless = Array.from({ length: 60 }, () => search(5, 0));
    expect(pickClusters([cell(5)], hopeless, served, night)[0]?.reason).toBe('no_expected_gain');
  });

  it('share the whole budget, none of them less than half of an equal share', () => {
    const failures = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(failures, fc.integer({ min: 1, max: 5 }), (given, clusters) => {
        const cells = given.map((count, index) => cell(index, { failures: count }));
        const picked = pickClusters(cells, [], served, { budgetUsd: 5, clusters }).filter(
          (each) => each.reason === 'picked',
        );
        expect(picked).toHaveLength(Math.min(clusters, given.length));
        expect(picked.reduce((sum, each) => sum + each.budgetUsd, 0)).toBeCloseTo(5, 9);
        for (const each of picked) expect(each.budgetUsd).toBeGreaterThanOrEqual(2.5 / picked.length - 1e-9);
      }),
    );
  });
});
