import {
  add,
  type BudgetLedger,
  type BudgetLimits,
  createBudgetLedger,
  NOTHING,
  type Spending,
} from './budget-ledger.ts';
import { createStepper, restoreStepper, type StepperSetup } from './create-stepper.ts';
import { EARLY_STOPPING_START, type EarlyStoppingConfig, observeScore } from './early-stopping.ts';
import { finalReport, readVerdict } from './final-report.ts';
import { type BatchDeps, type BatchResult, performBatch } from './perform-batch.ts';
import type { BudgetLeft } from './requests.ts';
import { reserveForReport, STOP_OF_LIMIT, searchLimits } from './search-budget.ts';
import type { SearchCheckpoint } from './search-checkpoint.ts';
import { createSearchResult, type PromptSearchResult } from './search-result.ts';
import type { PromptOptimizer, Stepper, StepperState } from './stepper.ts';
import type { PromptTask } from './task.ts';

export interface SearchDeps extends BatchDeps {
  /** Milliseconds. */
  readonly clock: () => number;
  /** Stores the checkpoint; it is durable when it resolves. Called after every tell. */
  readonly save: (checkpoint: SearchCheckpoint) => Promise<void>;
  readonly onProgress?: (progress: SearchProgress) => void;
}

export interface SearchPlan<Options> {
  readonly searchId: string;
  readonly task: PromptTask;
  readonly optimizer: PromptOptimizer<Options>;
  readonly options: Options;
  readonly seed: number;
  readonly limits: BudgetLimits;
  readonly stopping: EarlyStoppingConfig;
  /** Chance of returning a prompt as better that is not. */
  readonly alpha: number;
  /** Evaluations and questions that may be under way at once. */
  readonly slots: number;
  readonly attemptsMax: number;
}

export interface SearchProgress {
  readonly phase: SearchCheckpoint['phase'];
  readonly step: number;
  readonly spent: Spending;
  readonly left: Spending;
  readonly candidates: number;
  readonly best: { readonly id: string; readonly objective: number | null };
  readonly elapsedMs: number;
}

/** A search that asks on for ever without spending anything is broken. */
const STEPS_MAX = 20_000;
/** Steps in a row in which every evaluation failed before the search gives up. */
const BARREN_STEPS_MAX = 3;

type Progress = Omit<SearchCheckpoint, 'search' | 'report' | 'elapsedMs'>;

/**
 * Runs a search to its end, from its beginning or from a checkpoint: ask, perform, tell, observe, save. Then the winner
 * and the seed are compared on the untouched report split, and the winner is returned only if it is proven better.
 * Resuming from any checkpoint gives the history and the result that the uninterrupted search would have given.
 *
 * @throws the signal's reason when it is aborted; the last checkpoint is then saved
 */
export async function searchPrompts<Options>(
  deps: SearchDeps,
  plan: SearchPlan<Options>,
  checkpoint: SearchCheckpoint | null,
  signal: AbortSignal,
): Promise<PromptSearchResult> {
  const clock = elapsedSince(deps.clock, checkpoint?.elapsedMs ?? 0);
  const limits = searchLimits(plan.limits, plan.stopping);
  const reserve = reserveForReport(deps.evaluator, plan.task, limits, plan.attemptsMax);
  const searchOnly = add(limits, reserve, -1);
  const { task, seed } = plan;
  const search = openStepper(
    plan.optimizer,
    { task, options: plan.options, seed, left: callsOf(searchOnly) },
    checkpoint?.search ?? null,
  );
  let progress = checkpoint ?? startOf(plan.searchId);
  const save = async (ledger: BudgetLedger, report: Stepper | null) => {
    const elapsedMs = clock();
    await deps.save({ ...progress, search: search.serialize(), report: report?.serialize() ?? null, elapsedMs });
    if (deps.onProgress === undefined) return;
    const best = search.book.best();
    deps.onProgress({
      ...progress,
      left: ledger.left(),
      candidates: search.book.list().length,
      best: { id: best.id, objective: search.book.objective(best.id) },
      elapsedMs,
    });
  };

  const ledger = createBudgetLedger(progress.phase === 'search' ? searchOnly : limits, progress.spent);
  while (progress.phase === 'search') {
    const requests = progress.stop === null && progress.step < STEPS_MAX ? search.ask() : [];
    if (requests.length === 0) {
      progress = { ...progress, phase: 'report', stop: progress.stop ?? 'finished' };
      break;
    }
    const batch = await performBatch(deps, { ...plan, step: progress.step }, ledger, requests, signal);
    search.tell(batch.outcomes, callsOf(ledger.left()));
    progress = observe(advance(progress, batch, ledger), plan.stopping, search, task, clock());
    await save(ledger, null);
  }

  const winner = search.book.best();
  const reportOptions = { winner: winner.prompt, alpha: plan.alpha, taskCallsMax: reserve.taskCalls };
  const report = openStepper(
    finalReport,
    { task, options: reportOptions, seed, left: callsOf(reserve) },
    checkpoint?.report ?? null,
  );
  const whole = createBudgetLedger(limits, progress.spent);
  for (let requests = report.ask(); requests.length > 0; requests = report.ask()) {
    const batch = await performBatch(deps, { ...plan, step: progress.step }, whole, requests, signal);
    report.tell(batch.outcomes, callsOf(whole.left()));
    progress = advance(progress, batch, whole);
    await save(whole, report);
  }
  const verdict = readVerdict(report.book, task.splits.report, plan.alpha);
  const { spent, counts } = progress;
  const result = createSearchResult(task, search.book, winner, verdict, {
    stop: progress.stop ?? 'finished',
    spent,
    counts,
  });
  if (progress.phase !== 'done') {
    progress = { ...progress, phase: 'done' };
    await save(whole, report);
  }
  return result;
}

function startOf(searchId: string): Progress {
  const counts = { cached: 0, failedAttempts: 0, errors: 0 };
  const start = { schema: 1, searchId, phase: 'search', step: 0, stop: null, spent: NOTHING, counts } as const;
  return { ...start, stopping: EARLY_STOPPING_START, barrenSteps: 0 };
}

function openStepper<Options>(
  optimizer: PromptOptimizer<Options>,
  setup: StepperSetup<Options>,
  state: StepperState | null,
): Stepper {
  return state === null ? createStepper(optimizer, setup) : restoreStepper(optimizer, setup, state);
}

/** One step on: what it cost, what failed, and which limit it ran into. */
function advance(progress: Progress, batch: BatchResult, ledger: BudgetLedger): Progress {
  const rows = batch.outcomes.flatMap((outcome) => (outcome.kind === 'evaluate' ? outcome.rows : []));
  const isBarren = rows.length > 0 && rows.every((row) => row.status === 'error');
  const isFruitful = rows.some((row) => row.status === 'scored');
  const { cached, failedAttempts, errors } = progress.counts;
  return {
    ...progress,
    step: progress.step + 1,
    spent: ledger.spent(),
    stop: progress.stop ?? (batch.limit === null ? null : STOP_OF_LIMIT[batch.limit]),
    counts: {
      cached: cached + batch.cached,
      failedAttempts: failedAttempts + batch.failedAttempts,
      errors: errors + batch.errors,
    },
    barrenSteps: isBarren ? progress.barrenSteps + 1 : isFruitful ? 0 : progress.barrenSteps,
  };
}

/** Feeds candidates that are now scored on the whole select split, and those alone, to early stopping. */
function observe(
  progress: Progress,
  config: EarlyStoppingConfig,
  search: Stepper,
  task: PromptTask,
  elapsedMs: number,
): Progress {
  let { stopping } = progress;
  const seen = new Set(stopping.observed.map((each) => each.candidateId));
  for (const { id } of search.book.list()) {
    const score = seen.has(id) || !search.book.isFullyScored(id) ? null : search.book.mean(id, task.splits.select);
    if (score === null) continue;
    const { mean, standardError } = score;
    stopping = observeScore(stopping, config, { candidateId: id, mean, standardError });
  }
  const stop =
    progress.stop ??
    stopping.stopped ??
    (progress.barrenSteps >= BARREN_STEPS_MAX ? 'no_signal' : null) ??
    (config.wallTimeMsMax !== undefined && elapsedMs >= config.wallTimeMsMax ? 'wall_time' : null);
  return { ...progress, stopping, stop };
}

function elapsedSince(clock: () => number, before: number): () => number {
  const startedAt = clock();
  return () => before + clock() - startedAt;
}

function callsOf({ taskCalls, teacherCalls }: Spending): BudgetLeft {
  return { taskCalls, teacherCalls };
}
