import type { Prompt } from './prompt.ts';
import type { Splits } from './splits.ts';

/** One row of a replay set: a stored call, or a row of a data set. */
export interface TaskRow {
  readonly id: string;
  /** What critics may read of it. */
  readonly input: string;
  /** A good answer, where one is known: only such rows can become demonstrations. */
  readonly expected: string | null;
  /** Rows of one group (a session) never fall into two splits. */
  readonly group: string;
  /** Splits keep the shares of each stratum: failing and passing rows, providers. */
  readonly stratum: string;
  /** The component of the prompt that this row is answered with; null where all of them are. */
  readonly component: string | null;
}

/** What is optimized, on what. Not part of a stepper's state: it is given again on resume, and must be the same. */
export interface PromptTask {
  /** What the prompt is for, in our own words. */
  readonly description: string;
  /** Candidate 0. Its keys are the components. */
  readonly seed: Prompt;
  readonly rows: readonly TaskRow[];
  readonly splits: Splits;
  /** Longest text of one component in characters; longer candidates are refused. */
  readonly lengthMax: number;
  /** Score that a thousand characters beyond the seed's length must be worth: long prefixes cost money and cache. */
  readonly lengthCost: number;
  /** Why a candidate may not be tried, such as a copied text or an address; null when it may. Pure. */
  readonly refusal: (prompt: Prompt) => string | null;
}
