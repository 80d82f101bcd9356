import type { Spending } from './budget-ledger.ts';
import type { Candidate, CandidateBook, MeanScore } from './candidate-book.ts';
import type { StopCode } from './early-stopping.ts';
import type { ReportVerdict } from './final-report.ts';
import type { Prompt } from './prompt.ts';
import type { SearchCounts } from './search-checkpoint.ts';
import type { PromptTask } from './task.ts';

export interface HistoryEntry extends Candidate {
  /** On the select split; null for a candidate that was scored on minibatches only. */
  readonly selectScore: MeanScore | null;
  readonly objective: number | null;
}

/** How a search ended. Holds no time, so that a resumed search has the same one. */
export interface PromptSearchResult {
  /** The winner if it is proven better than the seed, else the seed. */
  readonly prompt: Prompt;
  readonly candidateId: string;
  readonly improved: boolean;
  /** The best candidate of the search, proven or not. */
  readonly winnerId: string;
  readonly verdict: ReportVerdict;
  readonly stop: StopCode;
  readonly spent: Spending;
  readonly counts: SearchCounts;
  /** Every candidate in the order of discovery, with its parents. */
  readonly history: readonly HistoryEntry[];
  readonly refusals: ReturnType<CandidateBook['refusals']>;
}

export function createSearchResult(
  task: PromptTask,
  book: CandidateBook,
  winner: Candidate,
  verdict: ReportVerdict,
  end: { readonly stop: StopCode; readonly spent: Spending; readonly counts: SearchCounts },
): PromptSearchResult {
  const returned = verdict.proven ? winner : book.seed;
  return {
    prompt: returned.prompt,
    candidateId: returned.id,
    improved: verdict.proven,
    winnerId: winner.id,
    verdict,
    ...end,
    history: book.list().map((candidate) => ({
      ...candidate,
      selectScore: book.isFullyScored(candidate.id) ? book.mean(candidate.id, task.splits.select) : null,
      objective: book.isFullyScored(candidate.id) ? book.objective(candidate.id) : null,
    })),
    refusals: book.refusals(),
  };
}
