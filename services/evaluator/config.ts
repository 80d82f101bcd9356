import { dirname, join, resolve } from 'node:path';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { SessionLimits } from './evaluator-deps.ts';

/** What the evaluator is configured with; times in milliseconds. */
export interface EvaluatorConfig {
  readonly sessions: SessionLimits;
  /** Between two looks for sessions that are over. */
  readonly sweepIntervalMs: number;
  /** Between two looks for calls without scores, and for jobs that failed unseen. */
  readonly reconcileIntervalMs: number;
}

const SCORERS_FOLDER = 'scorers.d';

const SWEEP_INTERVAL_MAX_MS = 10_000;
const SWEEP_INTERVAL_MIN_MS = 250;
const RECONCILE_INTERVAL_MS = 60_000;
/** A session is found this share of its idle time after it is over, at the latest. */
const SWEEPS_PER_IDLE_TIME = 4;

export function createEvaluatorConfig(config: TrimtabConfig): EvaluatorConfig {
  const { idle, openMax } = config.governance.session;
  const sweep = Math.min(SWEEP_INTERVAL_MAX_MS, idle / SWEEPS_PER_IDLE_TIME);
  return {
    sessions: {
      idleMs: idle,
      openMaxMs: openMax,
      moreMetrics: config.scoring.efficiencyInQuality ? ['efficiency'] : [],
    },
    sweepIntervalMs: Math.max(SWEEP_INTERVAL_MIN_MS, sweep),
    reconcileIntervalMs: RECONCILE_INTERVAL_MS,
  };
}

/** Where scorer files lie, absolute: as configured, from the folder of the configuration; else in the data folder. */
export function scorersFolderOf(
  config: TrimtabConfig,
  paths: { readonly dataDir: string; readonly configPath: string },
) {
  const { scorersFolder } = config.scoring;
  return scorersFolder === undefined
    ? join(paths.dataDir, SCORERS_FOLDER)
    : resolve(dirname(paths.configPath), scorersFolder);
}
