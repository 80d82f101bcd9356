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

const SWEEP_INTERVAL_MAX_MS = 10_000;
const SWEEP_INTERVAL_MIN_MS = 250;
const RECONCILE_INTERVAL_MS = 60_000;
/** A session is found this share of its idle time after it is over, at the latest. */
const SWEEPS_PER_IDLE_TIME = 4;

export function createEvaluatorConfig(config: TrimtabConfig): EvaluatorConfig {
  const { idle, openMax } = config.governance.session;
  const sweep = Math.min(SWEEP_INTERVAL_MAX_MS, idle / SWEEPS_PER_IDLE_TIME);
  return {
    sessions: { idleMs: idle, openMaxMs: openMax },
    sweepIntervalMs: Math.max(SWEEP_INTERVAL_MIN_MS, sweep),
    reconcileIntervalMs: RECONCILE_INTERVAL_MS,
  };
}
