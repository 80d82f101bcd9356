import type * as z from 'zod';
import type { CandidateBook } from './candidate-book.ts';
import type { RandomState } from './random-stream.ts';
import type { BudgetLeft, StepOutcome, StepRequest } from './requests.ts';
import type { SearchContext, Steps } from './search-context.ts';
import type { PromptTask } from './task.ts';

/**
 * A search for a better prompt, as asks and tells. Pure: what it asks depends on task, options, seed and what it was
 * told, and on nothing else.
 */
export interface Stepper {
  /** What the search needs next. The same until it is told; empty when the search is over. */
  ask(): readonly StepRequest[];
  /** Outcomes in the order of the requests, and what may still be spent. */
  tell(outcomes: readonly StepOutcome[], left: BudgetLeft): void;
  /** Candidates, their lineage, their scores, and the best of them. */
  readonly book: CandidateBook;
  /** All that a resumed search needs beside task, options and seed; JSON. */
  serialize(): StepperState;
}

/** What was told, in order, and where the random streams stand after it. */
export interface StepperState {
  readonly schema: 1;
  readonly optimizer: string;
  /** Of task, options, seed and version: another search cannot be resumed from this state. */
  readonly setup: string;
  readonly told: readonly { readonly outcomes: readonly StepOutcome[]; readonly left: BudgetLeft }[];
  readonly streams: Readonly<Record<string, RandomState>>;
}

/**
 * A prompt optimizer: one file that exports one of these. `search` is the published algorithm as a generator that
 * yields what it needs and gets the outcomes back; `createStepper` makes the stepper of it.
 */
export interface PromptOptimizer<Options> {
  /** By which it is chosen: lower case with hyphens. */
  readonly name: string;
  /** Counts up when the search asks something else for the same seed: states of other versions are not resumed. */
  readonly version: number;
  /** Published names and defaults; unknown options are refused. */
  readonly options: z.ZodType<Options>;
  search(context: SearchContext<Options>): Steps<void>;
  /** The fewest task calls with which the search can do anything useful, for plans and warnings. */
  taskCallsMin(task: PromptTask, options: Options): number;
}
