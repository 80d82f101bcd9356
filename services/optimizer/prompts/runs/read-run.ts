import type { Database } from '#shared/database/connect.ts';
import { readPrefix } from '#shared/database/policy-store.ts';
import type { PromptRun } from '#shared/database/prompt-run-store.ts';
import { readPromptRows } from '#shared/database/prompts/replay-rows.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { RegisteredOptimizer } from '../contract/register-optimizer.ts';
import { readSearchRows, type SearchRow } from './build-task.ts';
import { type RunPlan, type RunSettings, runPlanSchema, runSettingsSchema } from './run-settings.ts';

export interface ReadRunDeps {
  readonly database: Database;
  readonly teacher: Llm | null;
  readonly optimizers: ReadonlyMap<string, RegisteredOptimizer>;
}

/** A search with everything that it began with. */
export interface ReadyRun {
  readonly type: 'ready';
  readonly settings: RunSettings;
  readonly plan: RunPlan;
  readonly rows: readonly SearchRow[];
  readonly seedText: string;
  readonly teacher: Llm;
  readonly optimizer: RegisteredOptimizer;
}

/** Everything that the search began with, or why it cannot go on. */
export async function readRun(
  deps: ReadRunDeps,
  run: PromptRun,
): Promise<ReadyRun | { readonly type: 'failed'; readonly reason: string }> {
  const failed = (reason: string) => ({ type: 'failed', reason }) as const;
  const settings = runSettingsSchema.safeParse(run.settings).data;
  const plan = runPlanSchema.safeParse(run.plan).data;
  if (settings === undefined || plan === undefined) return failed('optimizer_changed');
  const optimizer = deps.optimizers.get(run.optimizer);
  if (optimizer === undefined) return failed('unknown_optimizer');
  if (deps.teacher === null) return failed('no_teacher');
  const rows = readSearchRows(await readPromptRows(deps.database, run.projectId, run.promptRunId));
  const planned = plan.rows.propose + plan.rows.select + plan.rows.report;
  if (rows.length !== planned) return failed('calls_erased');
  const seedText = run.seedPrefixId === null ? '' : await readPrefix(deps.database, run.projectId, run.seedPrefixId);
  if (seedText === null) return failed('not_served_any_more');
  return { type: 'ready', settings, plan, rows, seedText, teacher: deps.teacher, optimizer };
}
