import { describe, expect, it } from 'vitest';
import type { OptimizerRun, RunProgress } from '#shared/database/optimizer-run-store.ts';
import { CYCLE_STEPS } from './cycle-checkpoint.ts';
import { standingOf } from './run-progress.ts';

const START = Date.parse('2026-01-01T03:00:00Z');
const NONE: RunProgress = { step: null, stepStartedAt: null, took: {}, done: null, total: null };

function run(progress: Partial<RunProgress>, change: Partial<OptimizerRun> = {}): OptimizerRun {
  return {
    ...{ runId: 'r', projectId: 'p', job: 'nightly', logicalTime: new Date(START), trigger: 'test', status: 'running' },
    ...{ leaseOwner: 'o', leaseUntil: null, fence: 1, checkpoint: {}, summary: {}, attempt: 1 },
    ...{ createdAt: new Date(START), startedAt: new Date(START), finishedAt: null },
    progress: { ...NONE, ...progress },
    ...change,
  };
}

const USUAL = Object.fromEntries(CYCLE_STEPS.map((step) => [step, 1_000]));

describe('the standing of a run', () => {
  it('knows no time left before any run was done', () => {
    expect(standingOf(run({}), [], START)).toMatchObject({ remainingMs: null, stepNumber: 0, step: null });
  });

  it('takes what is done and what the present step has spent off the usual times', () => {
    const before = CYCLE_STEPS.slice(0, CYCLE_STEPS.indexOf('estimate'));
    const took = Object.fromEntries(before.map((step) => [step, 10]));
    const at = { took, step: 'estimate', stepStartedAt: new Date(START).toISOString() };
    const standing = standingOf(run(at), [USUAL, { ...USUAL, publish: 90_000 }, USUAL], START + 400);
    expect(standing).toMatchObject({ step: 'estimate', stepNumber: before.length + 1, elapsedMs: 400 });
    expect(standing.remainingMs).toBe(600 + 1_000 * (CYCLE_STEPS.length - before.length - 1));
  });

  it('does not count below nothing when a step takes longer than usual, and ends at the end', () => {
    const at = { took: USUAL, step: 'prefix', stepStartedAt: new Date(START).toISOString() };
    const { prefix: _prefix, ...took } = USUAL;
    expect(standingOf(run({ ...at, took }), [USUAL], START + 60_000).remainingMs).toBe(0);
    const over = run(at, { status: 'done', finishedAt: new Date(START + 5_000) });
    expect(standingOf(over, [USUAL], START + 60_000)).toMatchObject({ remainingMs: 0, elapsedMs: 5_000, step: null });
  });
});
