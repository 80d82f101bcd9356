import type { Database } from '#shared/database/connect.ts';
import { type ExpenseKind, reserveExpenses, settleExpenses } from '#shared/database/prompts/expense-store.ts';
import type { ReplayPurse } from './replay-desk.ts';
import { paidFor } from './replay-evaluator.ts';

interface PurseRun {
  readonly projectId: string;
  readonly promptRunId: string;
  readonly budgetUsd: number;
  /** Judged replays are told apart from those that deterministic scorers alone score. */
  readonly isJudged: boolean;
}

/** The money of a search as rows: what was set aside outlives a kill, and is what the search may have spent. */
export function createRunPurse(database: Database, run: PurseRun): ReplayPurse {
  const kind: ExpenseKind = run.isJudged ? 'judge' : 'task';
  return {
    reserve: (wanted) =>
      reserveExpenses(
        database,
        run,
        wanted.map(({ replayId, mostUsd }) => ({ key: replayId, kind, mostUsd })),
      ),
    settle: (finished) =>
      settleExpenses(
        database,
        run.promptRunId,
        finished.map((replay) => ({ key: replay.replayId, spentUsd: paidFor(replay, run.promptRunId) })),
      ),
  };
}
