import cron from 'node-cron';
import { forgetNights } from '#shared/database/anchor-store.ts';
import { withNightLock } from '#shared/database/night-lock.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import { refitTriage } from '../triage/refit-triage.ts';
import { judgeAnchors } from './judge-anchors.ts';
import { recalibrate } from './recalibrate.ts';

export interface NightlyOptions {
  readonly projectId: string;
  /** Cron pattern in UTC. */
  readonly pattern: string;
}

/** What judges said of anchors, long enough to look back on a season. */
const VERDICTS_KEPT_MS = 90 * 86_400_000;

/**
 * What is learned of judges and triage every night: maps and gates from the labels, the project's triage weights, and
 * the anchors. Evaluators of one project take turns by a lock; work that is done is found done.
 *
 * @returns false when another evaluator is at it
 */
export async function calibrateNightly(deps: EvaluatorDeps, projectId: string, signal: AbortSignal): Promise<boolean> {
  return await withNightLock(deps.database, `${projectId} calibration`, async () => {
    await recalibrate(deps, projectId, { force: false });
    await refitTriage(deps, projectId);
    const night = dayOf(deps.now());
    await forgetNights(deps.database, projectId, dayOf(deps.now() - VERDICTS_KEPT_MS));
    if (deps.panel !== null) await judgeAnchors(deps, deps.panel, { projectId, night }, signal);
  });
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** Rings every night until it is stopped. */
export async function startNightly(
  deps: EvaluatorDeps,
  { projectId, pattern }: NightlyOptions,
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const ring = async (): Promise<void> => {
    running = (async () => {
      try {
        await calibrateNightly(deps, projectId, stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) deps.log.error({ error }, 'the nightly calibration failed');
      }
    })();
    await running;
  };
  const options = { timezone: 'UTC', noOverlap: true, suppressMissedWarning: true, name: `${projectId}-calibration` };
  const task = cron.createTask(pattern, ring, options);
  await task.start();
  return async () => {
    stopping.abort();
    await task.destroy();
    await running;
  };
}
