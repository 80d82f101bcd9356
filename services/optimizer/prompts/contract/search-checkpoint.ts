import type { Spending } from './budget-ledger.ts';
import type { EarlyStoppingState, StopCode } from './early-stopping.ts';
import type { StepperState } from './stepper.ts';

/** What happened beside the scores. Errors are no scores of zero, so they are counted apart. */
export interface SearchCounts {
  /** Evaluations and answers that were found in the cache and cost nothing. */
  readonly cached: number;
  /** Attempts that failed, most of which were tried again. */
  readonly failedAttempts: number;
  /** Evaluations and questions that came to nothing after all attempts. */
  readonly errors: number;
}

/** Everything that a search needs to go on where it was, after a tell; JSON. */
export interface SearchCheckpoint {
  readonly schema: 1;
  readonly searchId: string;
  readonly phase: 'search' | 'report' | 'done';
  readonly step: number;
  readonly search: StepperState;
  readonly report: StepperState | null;
  readonly stopping: EarlyStoppingState;
  readonly stop: StopCode | null;
  readonly spent: Spending;
  readonly counts: SearchCounts;
  /** Steps in a row in which every evaluation failed. */
  readonly barrenSteps: number;
  /** Over all processes that worked on the search. */
  readonly elapsedMs: number;
}
