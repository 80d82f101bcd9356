import type { Database } from '#shared/database/connect.ts';
import {
  finishPromptRun,
  type PromptRun,
  type PromptRunStatus,
  readPromptRun,
  readStepperState,
  saveStep,
} from '#shared/database/prompt-run-store.ts';
import { sumExpenses } from '#shared/database/prompts/expense-store.ts';
import { abandonReplays } from '#shared/database/replay-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { RegisteredOptimizer } from '../contract/register-optimizer.ts';
import type { SearchCheckpoint } from '../contract/search-checkpoint.ts';
import { type SearchPlan, type SearchProgress, searchPrompts } from '../contract/search-prompts.ts';
import { buildTask } from './build-task.ts';
import { createEvaluationCache } from './evaluation-cache.ts';
import { gateWinner } from './gate-winner.ts';
import { type ReadyRun, readRun } from './read-run.ts';
import { readTraffic } from './read-traffic.ts';
import { recordCandidates } from './record-candidates.ts';
import { createReplayDesk, type ReplayQueue } from './replay-desk.ts';
import { createReplayEvaluator } from './replay-evaluator.ts';
import { createRunPurse } from './run-purse.ts';
import type { RunSettings } from './run-settings.ts';
import { createTeacherPort } from './teacher-port.ts';

export interface AdvanceRunDeps {
  readonly database: Database;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly teacher: Llm | null;
  readonly replays: ReplayQueue;
  readonly optimizers: ReadonlyMap<string, RegisteredOptimizer>;
  /** Ends early, by resolving, when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface AdvanceRunOptions {
  /** Aborted when this process ends. */
  readonly signal: AbortSignal;
  /** Without a finished replay for so long the run is given back, for another look later. */
  readonly patienceMs: number;
}

/** Searches of which nothing is heard any more: the evaluator is down for good, or a provider hangs. */
const RUN_LIMIT_MS = 24 * 3_600_000;
/** After so long a search lets other runs have a turn: the night must not wait for a search that takes hours. */
const TURN_MS = 10 * 60_000;
const TEACHER_RETRY_MS = 500;
/** Jobs are tried again by their queue and questions by the teacher's client; twice over would set aside twice as much. */
const ATTEMPTS_MAX = 1;
/** Why a search is interrupted; never an error of its own. */
const PARKED = Symbol('parked');
const CANCELLED = Symbol('cancelled');

/**
 * Takes a search as far as it goes now: to its end, or until the process ends or nobody does its replays. Every step is
 * written down before the next one is asked for, so that it may be killed anywhere; whoever takes the search up again
 * comes to the same history and the same result.
 */
export async function advanceRun(
  deps: AdvanceRunDeps,
  run: PromptRun,
  options: AdvanceRunOptions,
): Promise<{ readonly type: 'waiting' | 'ended'; readonly run: PromptRun }> {
  if (run.status !== 'running') return { type: 'ended', run };
  const end = async (
    status: Exclude<PromptRunStatus, 'running'>,
    result: unknown,
    candidatePrefixId: string | null = null,
  ) => {
    const { projectId, promptRunId } = run;
    await abandonReplays(deps.database, projectId, promptRunId, 'the search has ended');
    const costUsd = await costOf(deps.database, run);
    await finishPromptRun(deps.database, promptRunId, { status, result, costUsd, candidatePrefixId });
    return { type: 'ended', run: (await readPromptRun(deps.database, projectId, promptRunId)) ?? run } as const;
  };
  if (run.cancelledBy !== null) return await end('cancelled', { reason: 'cancelled', by: run.cancelledBy });
  const ready = await readRun(deps, run);
  if (ready.type === 'failed') return await end('failed', { reason: ready.reason });
  const interrupt = new AbortController();
  const signal = AbortSignal.any([options.signal, interrupt.signal, AbortSignal.timeout(TURN_MS)]);
  const work = { run, ready, signal, interrupt, patienceMs: options.patienceMs };
  try {
    const { result, candidatePrefixId } = await search(deps, work);
    return await end(result.accepted ? 'accepted' : 'rejected', result, candidatePrefixId);
  } catch (error) {
    if (interrupt.signal.aborted && interrupt.signal.reason === CANCELLED) {
      const now = await readPromptRun(deps.database, run.projectId, run.promptRunId);
      if (now === null || now.status !== 'running') return { type: 'ended', run: now ?? run };
      return await end('cancelled', { reason: 'cancelled', by: now.cancelledBy });
    }
    if (signal.aborted) {
      if (deps.now() - run.createdAt.getTime() > RUN_LIMIT_MS)
        return await end('failed', { reason: 'replays_timed_out' });
      return { type: 'waiting', run };
    }
    if (error instanceof TrimtabError && error.code === 'conflict') {
      return await end('failed', { reason: 'optimizer_changed', detail: error.message });
    }
    throw error;
  }
}

interface Work {
  readonly run: PromptRun;
  readonly ready: ReadyRun;
  readonly signal: AbortSignal;
  readonly interrupt: AbortController;
  readonly patienceMs: number;
}

async function search(deps: AdvanceRunDeps, work: Work) {
  const { run, ready, signal, interrupt } = work;
  const { database } = deps;
  const { projectId, promptRunId } = run;
  const { settings, rows } = ready;
  const budget = { projectId, promptRunId, budgetUsd: settings.limits.costUsd };
  const purse = createRunPurse(database, { ...budget, isJudged: settings.rubric !== null });
  const desk = createReplayDesk(
    { ...deps, purse },
    { signal, stalledMs: work.patienceMs, onStalled: () => interrupt.abort(PARKED) },
  );
  const evaluator = createReplayEvaluator({ database, desk }, { ...run, settings }, rows);
  const traffic = await readTraffic(database, projectId, rows, ready.seedText);
  const task = buildTask(settings, rows, ready.seedText, traffic);
  const bound = ready.optimizer.bind(settings.options);
  const plan: SearchPlan<unknown> = {
    ...{ searchId: promptRunId, task, optimizer: bound.optimizer, options: bound.options, seed: settings.seed },
    ...{ limits: settings.limits, stopping: settings.stopping, alpha: settings.alpha, slots: settings.slots },
    attemptsMax: ATTEMPTS_MAX,
  };
  let progress: SearchProgress | null = null;
  const searchDeps = {
    evaluator,
    teacher: createTeacherPort(database, ready.teacher, budget),
    cache: createEvaluationCache(database, projectId),
    pause: (attempt: number) => deps.wait(TEACHER_RETRY_MS * attempt, signal),
    clock: deps.now,
    onProgress: (now: SearchProgress) => {
      progress = now;
    },
    async save(checkpoint: SearchCheckpoint) {
      const { phase, step, spent, elapsedMs, stop, counts } = checkpoint;
      const shown = { phase, step, spent, elapsedMs, stop, counts, etaMs: etaOf(spent.taskCalls, settings, elapsedMs) };
      const written = { stepper: JSON.stringify(checkpoint), tells: step, costUsd: spent.costUsd };
      const mayGoOn = await saveStep(database, promptRunId, {
        ...{ ...written, progress: { ...shown, best: progress?.best ?? null } },
      });
      if (!mayGoOn) interrupt.abort(CANCELLED);
      signal.throwIfAborted();
    },
  };
  const stored = await readStepperState(database, projectId, promptRunId);
  const checkpoint = stored === null ? null : (JSON.parse(stored) as SearchCheckpoint);
  const found = await searchPrompts(searchDeps, plan, checkpoint, signal);
  const ids = await recordCandidates(database, run, settings, found);
  const result = await gateWinner({ evaluator, traffic }, settings, rows, task.seed, found);
  const winner = found.history.find((entry) => entry.id === found.winnerId);
  const candidatePrefixId = winner === undefined || winner.index === 0 ? null : (ids.get(winner.id) ?? null);
  return { result, candidatePrefixId };
}

/** What is left if calls go on coming back as they did; null while nothing is known. */
function etaOf(taskCalls: number, settings: RunSettings, elapsedMs: number): number | null {
  if (taskCalls === 0) return null;
  return Math.round((elapsedMs / taskCalls) * Math.max(0, settings.limits.taskCalls - taskCalls));
}

async function costOf(database: Database, run: PromptRun): Promise<number> {
  const sums = await sumExpenses(database, run.projectId, run.promptRunId);
  return sums.reduce((total, { spentUsd }) => total + spentUsd, 0);
}
