import { describe, expect, it } from 'vitest';
import { assessCluster, type ClusterHistory } from './assess-cluster.ts';
import { type RateHour, rateEvidence } from './rate-evidence.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 20, 12);

const hoursOf = (failures: number, calls = 50): RateHour[] =>
  Array.from({ length: 24 }, (_, index) => ({
    calls,
    failures: Math.floor(((index + 1) * failures) / 24) - Math.floor((index * failures) / 24),
  }));

const history = (more: Partial<ClusterHistory> = {}): ClusterHistory => ({
  status: 'ongoing',
  statusSinceMs: NOW_MS - 20 * DAY_MS,
  firstSeenMs: NOW_MS - 30 * DAY_MS,
  lastSeenMs: NOW_MS,
  recent: hoursOf(10),
  baseline: { calls: 7 * 24 * 50, failures: 70 },
  sinceResolved: null,
  resolvedRate: null,
  ...more,
});

/** Numbers in [0, 1) that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function poisson(mean: number, random: () => number): number {
  let [count, product] = [0, random()];
  const limit = Math.exp(-mean);
  while (product > limit) {
    product *= random();
    count += 1;
  }
  return count;
}

describe('a cluster', () => {
  it('is new for a week, then ongoing, and archived when nobody meets it any more', () => {
    const young = history({ status: 'new', firstSeenMs: NOW_MS - 6 * DAY_MS });
    expect(assessCluster(young, NOW_MS).change).toBeNull();
    expect(assessCluster(young, NOW_MS + DAY_MS).change?.status).toBe('ongoing');
    const quiet = history({ recent: hoursOf(0), baseline: { calls: 8_400, failures: 0 }, lastSeenMs: NOW_MS });
    expect(assessCluster(quiet, NOW_MS + 13 * DAY_MS)).toMatchObject({ change: null, trend: 'quiet' });
    expect(assessCluster(quiet, NOW_MS + 14 * DAY_MS).change?.status).toBe('archived');
  });

  it.each(['new', 'ongoing', 'regressed', 'archived'] as const)(
    'that is %s escalates when its rate is proven to rise',
    (status) => {
      const first = { status, statusSinceMs: NOW_MS - 3 * DAY_MS, firstSeenMs: NOW_MS - 3 * DAY_MS };
      expect(assessCluster(history(first), NOW_MS).change).toBeNull();
      const risen = assessCluster(history({ ...first, recent: hoursOf(60) }), NOW_MS);
      expect(risen).toMatchObject({ change: { status: 'escalating' }, trend: 'rising' });
    },
  );

  it('does not escalate with more traffic, nor by its first day, and never when it is ignored', () => {
    expect(assessCluster(history({ recent: hoursOf(60, 300) }), NOW_MS).change).toBeNull();
    const today = history({ status: 'new', firstSeenMs: NOW_MS - DAY_MS / 2, recent: hoursOf(60) });
    expect(assessCluster(today, NOW_MS)).toMatchObject({ change: null, trend: 'new', eValue: null });
    expect(assessCluster(history({ status: 'ignored', recent: hoursOf(500) }), NOW_MS).change).toBeNull();
  });

  it('comes out of a quiet week with a handful of sessions, and not with one', () => {
    const quiet = { baseline: { calls: 8_400, failures: 0 }, status: 'archived' } as const;
    const burst = (failures: number) => [...hoursOf(0).slice(0, 23), { calls: 50, failures }];
    expect(assessCluster(history({ ...quiet, recent: burst(1) }), NOW_MS).change).toBeNull();
    expect(assessCluster(history({ ...quiet, recent: burst(6) }), NOW_MS).change?.status).toBe('escalating');
  });

  it('ends its escalation when the rate is back, at the earliest after a day', () => {
    const risen = history({ status: 'escalating', statusSinceMs: NOW_MS, recent: hoursOf(10) });
    expect(assessCluster(risen, NOW_MS + DAY_MS / 2).change).toBeNull();
    expect(assessCluster(risen, NOW_MS + DAY_MS).change?.status).toBe('ongoing');
  });

  it('regresses by proof, and not by stray sessions', () => {
    const resolved = (failures: number, calls: number) =>
      assessCluster(history({ status: 'resolved', resolvedRate: 0.01, sinceResolved: { calls, failures } }), NOW_MS);
    expect(resolved(1, 20)).toMatchObject({ change: null });
    expect(resolved(2, 20)).toMatchObject({ change: null });
    expect(resolved(3, 100).change?.status).toBe('regressed');
    expect(resolved(3, 100).eValue).toBeGreaterThanOrEqual(20);
    // Three in ten thousand calls, where there were a hundred, is the leak of a mend that holds.
    expect(resolved(3, 10_000)).toMatchObject({ change: null });
  });

  it('whose mend leaks a twentieth of what there was regresses in less than 1 of 100 months', () => {
    const random = seeded(11);
    let flips = 0;
    for (let month = 0; month < 500; month += 1) {
      const since = { calls: 0, failures: 0 };
      for (let hour = 0; hour < 720; hour += 1) {
        since.calls += 50;
        since.failures += poisson(50 * 0.01 * 0.05, random);
        const resolved = history({ status: 'resolved', resolvedRate: 0.01, sinceResolved: since });
        if (assessCluster(resolved, NOW_MS).change === null) continue;
        flips += 1;
        break;
      }
    }
    expect(flips).toBeLessThanOrEqual(4);
  });

  it('whose rate stays does not escalate in a month of looks every hour', () => {
    const random = seeded(5);
    let escalations = 0;
    for (let cluster = 0; cluster < 60; cluster += 1) {
      const hours = Array.from({ length: 38 * 24 }, () => ({ calls: 50, failures: poisson(0.4, random) }));
      for (let at = 8 * 24; at < hours.length; at += 1) {
        const week = hours.slice(at - 192, at - 24);
        const baseline = { calls: week.length * 50, failures: week.reduce((sum, { failures }) => sum + failures, 0) };
        const seen = history({ recent: hours.slice(at - 24, at), baseline });
        if (assessCluster(seen, NOW_MS).change !== null) escalations += 1;
      }
    }
    expect(escalations).toBe(0);
  });
});

describe('evidence of a rate', () => {
  it('has an expectation of one where there is none', () => {
    const random = seeded(3);
    let sum = 0;
    const draws = 40_000;
    for (let draw = 0; draw < draws; draw += 1) {
      sum += rateEvidence({ calls: 100, failures: poisson(0.5, random) }, 0.005, [2]);
    }
    expect(sum / draws).toBeGreaterThan(0.95);
    expect(sum / draws).toBeLessThan(1.05);
  });
});
