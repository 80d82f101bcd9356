import type { CandidateBook } from './candidate-book.ts';
import type { RandomStream } from './random-stream.ts';
import type {
  BudgetLeft,
  EvaluateRequest,
  EvaluationPurpose,
  RowOutcome,
  StepOutcome,
  StepRequest,
  TeachOutcome,
  TeachRequest,
} from './requests.ts';
import type { PromptTask, TaskRow } from './task.ts';

/** Part of a search: yields requests, gets their outcomes. */
export type Steps<Result> = Generator<readonly StepRequest[], Result, readonly StepOutcome[]>;

/** Rows of one candidate to be scored. */
export interface EvaluationAsk {
  readonly candidateId: string;
  readonly rowIds: readonly string[];
  readonly purpose: EvaluationPurpose;
  /** 0 when absent. */
  readonly sample?: number;
}

export type TeachAsk = Omit<TeachRequest, 'kind' | 'draw'> & { readonly draw?: number };

/** What a search works with. */
export interface SearchContext<Options> {
  readonly task: PromptTask;
  readonly options: Options;
  /** Scores enter it by themselves. */
  readonly book: CandidateBook;
  row(rowId: string): TaskRow;
  /** The one stream of a purpose: every call with this name goes on where the last draw ended. */
  random(purpose: string): RandomStream;
  /** What may still be asked for. */
  left(): BudgetLeft;
  /**
   * Scores candidates, all in one batch. Rows that a candidate has a score for are not asked for again. One list for
   * each ask, in the order of its rows.
   */
  evaluate(asks: readonly EvaluationAsk[]): Steps<readonly (readonly RowOutcome[])[]>;
  /** Asks the teacher, all in one batch. */
  teach(asks: readonly TeachAsk[]): Steps<readonly TeachOutcome[]>;
  /** Evaluations and questions in one batch, where neither waits for the other. */
  both(
    evaluations: readonly EvaluationAsk[],
    questions: readonly TeachAsk[],
  ): Steps<{ readonly rows: readonly (readonly RowOutcome[])[]; readonly answers: readonly TeachOutcome[] }>;
  /** Task calls that the asks would cost: rows without a score. */
  costOf(asks: readonly EvaluationAsk[]): number;
}

export interface ContextParts<Options> {
  readonly task: PromptTask;
  readonly options: Options;
  readonly book: CandidateBook;
  readonly random: (purpose: string) => RandomStream;
  readonly left: () => BudgetLeft;
}

export function createSearchContext<Options>(parts: ContextParts<Options>): SearchContext<Options> {
  const { task, book } = parts;
  const rows = new Map(task.rows.map((row) => [row.id, row]));
  const missing = ({ candidateId, rowIds, sample = 0 }: EvaluationAsk) =>
    rowIds.filter((rowId) => book.outcome(candidateId, rowId, sample) === undefined);

  function* both(
    evaluations: readonly EvaluationAsk[],
    questions: readonly TeachAsk[],
  ): Steps<{ readonly rows: readonly (readonly RowOutcome[])[]; readonly answers: readonly TeachOutcome[] }> {
    const asked = evaluations.map((ask) => ({ ask, rowIds: missing(ask) }));
    const open = asked.filter(({ rowIds }) => rowIds.length > 0);
    const requests: StepRequest[] = [
      ...open.map(({ ask, rowIds }) => evaluateRequest(book, ask, rowIds)),
      ...questions.map((question) => ({ kind: 'teach' as const, draw: 0, ...question })),
    ];
    const outcomes = requests.length === 0 ? [] : yield requests;
    const fresh = new Map<EvaluationAsk, Map<string, RowOutcome>>();
    for (const [index, { ask, rowIds }] of open.entries()) fresh.set(ask, takeRows(book, ask, rowIds, outcomes[index]));
    return {
      rows: evaluations.map((ask) =>
        ask.rowIds.map(
          (rowId): RowOutcome =>
            book.outcome(ask.candidateId, rowId, ask.sample ?? 0) ??
            fresh.get(ask)?.get(rowId) ?? { status: 'refused' },
        ),
      ),
      answers: outcomes.slice(open.length).map(teachOutcome),
    };
  }
  return {
    ...parts,
    row(rowId) {
      const row = rows.get(rowId);
      if (row === undefined) throw new RangeError(`no row ${rowId}`);
      return row;
    },
    *evaluate(asks) {
      return (yield* both(asks, [])).rows;
    },
    *teach(asks) {
      return (yield* both([], asks)).answers;
    },
    both,
    costOf: (asks) => asks.reduce((sum, ask) => sum + missing(ask).length, 0),
  };
}

function evaluateRequest(book: CandidateBook, ask: EvaluationAsk, rowIds: readonly string[]): EvaluateRequest {
  const { prompt } = book.get(ask.candidateId);
  return { kind: 'evaluate', prompt, rowIds, purpose: ask.purpose, sample: ask.sample ?? 0 };
}

function takeRows(
  book: CandidateBook,
  ask: EvaluationAsk,
  rowIds: readonly string[],
  outcome: StepOutcome | undefined,
): Map<string, RowOutcome> {
  const taken = new Map<string, RowOutcome>();
  if (outcome?.kind !== 'evaluate') return taken;
  for (const [index, rowId] of rowIds.entries()) {
    const row = outcome.rows[index];
    if (row === undefined) continue;
    book.record(ask.candidateId, rowId, ask.sample ?? 0, row);
    taken.set(rowId, row);
  }
  return taken;
}

function teachOutcome(outcome: StepOutcome): TeachOutcome {
  return outcome.kind === 'teach' ? outcome.outcome : { status: 'failed', message: 'no answer of a teacher' };
}
