import type { Prompt } from './prompt.ts';
import type { RowOutcome, TeachOutcome, TeachRequest } from './requests.ts';

/** One row to be answered with one prompt, and scored. */
export interface Evaluation {
  readonly prompt: Prompt;
  readonly rowId: string;
  readonly sample: number;
}

/** What one attempt came to. Only errors that say so are tried again. */
export type EvaluationReply = {
  readonly judgeCalls: number;
  readonly costUsd: number;
} & (
  | Extract<RowOutcome, { status: 'scored' }>
  | { readonly status: 'error'; readonly message: string; readonly retryable: boolean }
);

/** Answers rows with prompts and scores the answers: by replay of stored calls, or in a simulation. */
export interface Evaluator {
  /** Exact id of the model that answers. */
  readonly model: string;
  /** Version of scorers and judge. */
  readonly judgeVersion: string;
  /** What one attempt costs at most. */
  most(evaluation: Evaluation): { readonly judgeCalls: number; readonly costUsd: number };
  /** Never rejects for what a provider does. */
  evaluate(evaluation: Evaluation, signal: AbortSignal): Promise<EvaluationReply>;
}

export type TeacherReply = { readonly costUsd: number } & (
  | { readonly status: 'answered'; readonly text: string }
  | { readonly status: 'failed'; readonly message: string; readonly retryable: boolean }
);

export interface Teacher {
  readonly model: string;
  /** What one attempt costs at most, in USD. */
  most(request: TeachRequest): number;
  /** Never rejects for what a provider does. */
  teach(request: TeachRequest, signal: AbortSignal): Promise<TeacherReply>;
}

/** What is kept of an evaluation or an answer of the teacher. Errors are not kept. */
export interface CacheEntry {
  readonly value: RowOutcome | TeachOutcome;
  readonly judgeCalls: number;
  readonly costUsd: number;
  readonly failedAttempts: number;
  /** Who paid for it: a step that is done again after a kill is charged as it was, any other finds it free. */
  readonly searchId: string;
  readonly step: number;
}

export interface EvaluationCache {
  read(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>>;
  /** Durable when it resolves. Of two writes of one key the first stands. */
  write(key: string, entry: CacheEntry): Promise<void>;
}
