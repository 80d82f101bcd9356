import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { type PromptRun, readPromptRun } from '#shared/database/prompt-run-store.ts';
import type { CommandContext } from './command-context.ts';
import { printNote } from './print.ts';

const POLL_MS = 500;
const MINUTE_S = 60;

const progressSchema = z.object({
  phase: z.string(),
  step: z.number(),
  spent: z.object({ taskCalls: z.number(), teacherCalls: z.number(), costUsd: z.number() }),
  etaMs: z.number().nullable(),
  best: z.object({ objective: z.number().nullable() }).nullable().optional(),
});

const limitsSchema = z.object({ limits: z.object({ taskCalls: z.number() }) });

/**
 * Follows a search until it ends, with what it has spent and how long it may take yet. Ctrl-C ends the following and
 * not the search, which belongs to the optimizer. Null when it was broken off.
 */
export async function followSearch(
  context: CommandContext,
  database: Database,
  started: PromptRun,
): Promise<PromptRun | null> {
  let said = '';
  while (!context.signal.aborted) {
    const run = await readPromptRun(database, started.projectId, started.promptRunId);
    if (run === null) return null;
    const line = progressLine(run);
    if (line !== said) printNote(context, line);
    said = line;
    if (run.status !== 'running') return run;
    await delay(POLL_MS, undefined, { signal: context.signal }).catch(() => {});
  }
  const id = started.promptRunId.slice(0, 8);
  printNote(
    context,
    `The search goes on without you: \`trimtab prompts watch ${id}\` follows it, \`trimtab prompts cancel ${id}\` ends it.`,
  );
  return null;
}

/** What has been done, what it cost, the best so far, and when it may be over. */
export function progressLine(run: PromptRun): string {
  const progress = progressSchema.safeParse(run.progress).data;
  const limits = limitsSchema.safeParse(run.settings).data?.limits;
  if (progress === undefined) {
    return run.status === 'running' ? 'waiting for the optimizer to take it up' : run.status;
  }
  const { phase, spent, etaMs, best } = progress;
  const money = run.budgetUsd === null ? '' : ` of $${run.budgetUsd.toFixed(2)}`;
  const score = best?.objective === null || best?.objective === undefined ? '' : `, best ${best.objective.toFixed(3)}`;
  const eta = run.status !== 'running' || etaMs === null ? '' : `, at most ${duration(etaMs)} to go`;
  const state = run.status === 'running' ? (phase === 'done' ? 'gates' : phase) : run.status;
  return `${state}: ${spent.taskCalls} of ${limits?.taskCalls ?? '?'} replays, ${spent.teacherCalls} questions, $${spent.costUsd.toFixed(4)}${money}${score}${eta}`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < MINUTE_S ? `${seconds}s` : `${Math.ceil(seconds / MINUTE_S)}m`;
}
