import type { Prompt } from './prompt.ts';

/** Why rows are scored. Only `select` over the whole select split is a candidate's score; a minibatch never is. */
export type EvaluationPurpose = 'minibatch' | 'select' | 'report';

export interface EvaluateRequest {
  readonly kind: 'evaluate';
  readonly prompt: Prompt;
  readonly rowIds: readonly string[];
  readonly purpose: EvaluationPurpose;
  /** 0 for the first score of a row; further numbers ask for independent repeats, of answer and judgement. */
  readonly sample: number;
}

export interface TeachRequest {
  readonly kind: 'teach';
  /** The step of the algorithm that asks: `reflect`, `critique`, `mutate`. For accounting and history. */
  readonly operator: string;
  readonly system: string;
  readonly user: string;
  readonly schemaName: string;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
  /** Further numbers ask for another independent answer to the same question. */
  readonly draw: number;
}

export type StepRequest = EvaluateRequest | TeachRequest;

/** One row's verdict. `error`: no score could be made, which is no score of zero. `refused`: the budget is spent. */
export type RowOutcome =
  | {
      readonly status: 'scored';
      /** 0 to 1. */
      readonly score: number;
      readonly output: string;
      /** What the scorers say, the judge's reason included. */
      readonly reason: string;
      /** Deterministic checks that failed. */
      readonly failed: readonly string[];
    }
  | { readonly status: 'error'; readonly message: string }
  | { readonly status: 'refused' };

export type ScoredRow = Extract<RowOutcome, { status: 'scored' }>;

export type TeachOutcome =
  /** What the teacher wrote, not yet checked against the schema. */
  | { readonly status: 'answered'; readonly text: string }
  | { readonly status: 'failed'; readonly message: string }
  | { readonly status: 'refused' };

/** Outcomes stand in the order of the requests, and rows in the order of `rowIds`, whoever finished first. */
export type StepOutcome =
  | { readonly kind: 'evaluate'; readonly rows: readonly RowOutcome[] }
  | { readonly kind: 'teach'; readonly outcome: TeachOutcome };

/** Calls that the search may still ask for; what the final report needs is already taken off. */
export interface BudgetLeft {
  readonly taskCalls: number;
  readonly teacherCalls: number;
}
