import { describe, expect, it } from 'vitest';
import type { CyclePlan } from '../../services/optimizer/plan-cycle.ts';
import { describePlan } from './print-plan.ts';

const interval = (value: number) => ({ value, low: value - 0.02, high: value + 0.02 });
const value = (mean: number) => ({ dr: interval(mean), snips: interval(mean), ips: null });

const plan: CyclePlan = {
  asOf: '2026-05-01T03:00:00.000Z',
  stable: { policyId: 'a'.repeat(64), number: 4 },
  routing: {
    mode: 'automatic',
    reason: null,
    explanations: [
      {
        ...{ routeId: 'claude', turnShape: '4k-none-plan', currentModel: 'dear', chosenModel: 'cheap' },
        ...{ reason: 'cheaper_proven', held: 'held: judge drift since 2026-04-20 (a-judge)' },
      },
    ],
    judgeDrifts: [{ judge: 'a-judge', rubric: 'task_completion', since: '2026-04-20T00:00:00.000Z', until: null }],
    offPolicy: {
      ...{ result: 'worse', goesOn: false, reason: 'a loss beyond 0.03 is not excluded', urgentShapes: [] },
      ...{ effectiveSessionsMin: 200, tolerance: 0.03 },
      comparison: {
        ...{ sessions: 900, affected: 600, effectiveSessions: 412.3, uncovered: 0, difference: interval(-0.1) },
        ...{ draft: value(0.8), incumbent: value(0.9) },
      },
    },
    draft: null,
  },
  prefixes: { mode: 'off' },
};

describe('the plan of a run', () => {
  it('shows what logged sessions say of the draft, and what is held because of a judge', () => {
    const lines = describePlan(plan);
    expect(lines).toContain('Held against logged sessions: they show a loss (a loss beyond 0.03 is not excluded).');
    expect(lines).toContain('  it changes 600 of 900 sessions with a logged chance; quality with 95 % intervals:');
    expect(lines).toContain('  dr    draft 0.800 (0.780 to 0.820), served 0.900 (0.880 to 0.920)');
    expect(lines).toContain('  ips   draft unknown, served unknown');
    const drift =
      'held: judge drift since 2026-04-20 (a-judge, task_completion): sessions that it judged count for nothing';
    expect(lines).toContain(`  ${drift}`);
    expect(lines.find((line) => line.includes('4k-none-plan'))).toContain(
      'held: judge drift since 2026-04-20 (a-judge)',
    );
  });
});
