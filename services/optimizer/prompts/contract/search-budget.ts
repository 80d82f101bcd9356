import { type BudgetLimits, NOTHING, type Spending } from './budget-ledger.ts';
import type { EarlyStoppingConfig, StopCode } from './early-stopping.ts';
import { reportReserve } from './final-report.ts';
import type { Evaluator } from './search-ports.ts';
import type { PromptTask } from './task.ts';

/** Of a limit, so that a report can never eat a search. */
const RESERVE_SHARE_MAX = 0.25;

/** The narrower of a budget and of what early stopping allows: both are tested before anything is spent. */
export function searchLimits(limits: BudgetLimits, stopping: EarlyStoppingConfig): BudgetLimits {
  return {
    ...limits,
    taskCalls: Math.min(limits.taskCalls, stopping.maxEvaluations ?? limits.taskCalls),
    costUsd: Math.min(limits.costUsd, stopping.costUsdMax ?? limits.costUsd),
  };
}

/** What the final report is sure to get, at the price of the longest prompt that may win. */
export function reserveForReport(
  evaluator: Evaluator,
  task: PromptTask,
  limits: BudgetLimits,
  attemptsMax: number,
): Spending {
  const taskCalls = reportReserve(limits.taskCalls, task.splits.report.length);
  const prompt = Object.fromEntries(Object.keys(task.seed).map((name) => [name, 'x'.repeat(task.lengthMax)]));
  const dearest = { judgeCalls: 0, costUsd: 0 };
  for (const rowId of task.splits.report) {
    const most = evaluator.most({ prompt, rowId, sample: 0 });
    dearest.judgeCalls = Math.max(dearest.judgeCalls, most.judgeCalls);
    dearest.costUsd = Math.max(dearest.costUsd, most.costUsd);
  }
  const times = taskCalls * attemptsMax;
  return {
    ...NOTHING,
    taskCalls,
    judgeCalls: Math.floor(Math.min(dearest.judgeCalls * times, limits.judgeCalls * RESERVE_SHARE_MAX)),
    costUsd: Math.min(dearest.costUsd * times, limits.costUsd * RESERVE_SHARE_MAX),
  };
}

export const STOP_OF_LIMIT: Readonly<Record<keyof BudgetLimits, StopCode>> = {
  taskCalls: 'max_evaluations',
  teacherCalls: 'teacher_calls',
  judgeCalls: 'judge_calls',
  costUsd: 'cost',
};
