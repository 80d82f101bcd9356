import * as z from 'zod';
import type { OptimizerRun, RunProgress } from '#shared/database/optimizer-run-store.ts';
import { CYCLE_STEPS } from './cycle-checkpoint.ts';

/** Where a run stands, for people who watch it; times in milliseconds. */
export const runStandingSchema = z.object({
  runId: z.string(),
  status: z.string(),
  /** The step it is at, or null before the first and after the last one. */
  step: z.string().nullable(),
  stepNumber: z.number(),
  steps: z.number(),
  elapsedMs: z.number(),
  /** Until it is done, by how long the steps took in runs before; null when none has run yet. */
  remainingMs: z.number().nullable(),
});

export type RunStanding = z.infer<typeof runStandingSchema>;

/**
 * Tells where a run stands at a moment.
 *
 * @param earlier times by step of runs that were done
 */
export function standingOf(run: OptimizerRun, earlier: readonly RunProgress['took'][], nowMs: number): RunStanding {
  const { progress, status, runId } = run;
  const isOver = status === 'done' || status === 'failed';
  const doneSteps = CYCLE_STEPS.filter((step) => progress.took[step] !== undefined).length;
  const names: readonly (string | null)[] = CYCLE_STEPS;
  const at = names.indexOf(progress.step);
  const end = isOver ? (run.finishedAt?.getTime() ?? nowMs) : nowMs;
  return {
    ...{ runId, status, step: isOver ? null : progress.step, steps: CYCLE_STEPS.length },
    stepNumber: isOver || at < 0 ? doneSteps : at + 1,
    elapsedMs: run.startedAt === null ? 0 : Math.max(0, end - run.startedAt.getTime()),
    remainingMs: isOver ? 0 : remaining(progress, earlier, nowMs),
  };
}

function remaining(progress: RunProgress, earlier: readonly RunProgress['took'][], nowMs: number): number | null {
  if (earlier.length === 0) return null;
  let sum = 0;
  for (const step of CYCLE_STEPS) {
    if (progress.took[step] !== undefined) continue;
    const usual = median(earlier.flatMap((took) => took[step] ?? []));
    const spent =
      progress.step === step && progress.stepStartedAt !== null ? nowMs - Date.parse(progress.stepStartedAt) : 0;
    sum += Math.max(0, usual - spent);
  }
  return sum;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
