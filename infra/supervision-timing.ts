/** How patient the supervisor is. The values suit services that start within seconds and hold calls of some seconds. */
export interface SupervisionTiming {
  /** First pause before a service that died is started again; doubled at every death that follows soon. */
  readonly restartDelayMinMs: number;
  readonly restartDelayMaxMs: number;
  /** A service that lived this long is taken as sound again: its next restart is quick. */
  readonly stableAfterMs: number;
  /** A service that never got ready is started this often, and then the whole start fails. */
  readonly startAttemptsMax: number;
  readonly readyDeadlineMs: number;
  /** From SIGTERM to SIGKILL: calls in flight may end in this time. Longer than the services' own deadline (20 s). */
  readonly stopGraceMs: number;
  /** How long a given PostgreSQL may take to come up beside us. */
  readonly databaseDeadlineMs: number;
}

export const SUPERVISION_TIMING: SupervisionTiming = {
  restartDelayMinMs: 250,
  restartDelayMaxMs: 30_000,
  stableAfterMs: 60_000,
  startAttemptsMax: 3,
  readyDeadlineMs: 60_000,
  stopGraceMs: 25_000,
  databaseDeadlineMs: 30_000,
};

/** The pause before the next start after `failures` deaths in a row (1 for the first). */
export function restartDelayMs(failures: number, timing: SupervisionTiming): number {
  return Math.min(timing.restartDelayMaxMs, timing.restartDelayMinMs * 2 ** (failures - 1));
}
