import type { Database } from '#shared/database/connect.ts';
import { loadCall } from '#shared/database/load-call.ts';
import { readPrefix } from '#shared/database/policy-store.ts';
import { readScorerSet } from '#shared/database/prompt-run-store.ts';
import type { FixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import type { PromptRow } from '#shared/database/prompts/replay-rows.ts';
import { type ReplayableCall, readReplayableCalls } from '#shared/database/prompts/replayable-calls.ts';
import type { Governance, Price } from '#shared/domain/governance.ts';
import { PREFIX_LENGTH_MAX } from '../check-candidate.ts';
import type { RegisteredOptimizer } from '../contract/register-optimizer.ts';
import { splitRows } from '../contract/splits.ts';
import { chooseReplaySet, type ReplaySet } from '../replay/choose-replay-set.ts';
import { rowFactsOf } from '../replay/row-facts.ts';
import { buildTask, type SearchRow } from './build-task.ts';
import { mostOf } from './replay-evaluator.ts';
import type { RunPlan, RunSettings, TokenPrice } from './run-settings.ts';

export interface PlanRequest {
  readonly projectId: string;
  readonly failures: FixableFailures;
  readonly since: Date;
  readonly asOf: Date;
  readonly optimizer: RegisteredOptimizer;
  /** Of the optimizer; its defaults where absent. */
  readonly options?: unknown;
  readonly budgetUsd: number;
  /** Replays at most; what the budget is expected to last for, when it lasts for less. */
  readonly taskCalls?: number | undefined;
  readonly replayCalls: number;
  readonly seed: number;
  readonly prefixCostMax: number;
  /** `provider/model`, and null when none is configured. */
  readonly teacher: string | null;
  readonly judgeMostUsd: number;
  readonly author: string;
}

export type PlanRefusal =
  | 'no_teacher'
  | 'nothing_scored'
  | 'not_replayable'
  | 'too_few_calls'
  | 'not_served_any_more'
  | 'budget_too_small';

export type PlannedRun =
  | { readonly type: 'refused'; readonly reason: PlanRefusal; readonly plan?: RunPlan }
  | {
      readonly type: 'planned';
      readonly settings: RunSettings;
      readonly plan: RunPlan;
      readonly rows: readonly PromptRow[];
    };

/** Fewer failing calls than this show nothing in three splits. */
const FAILING_CALLS_MIN = 6;
/** Calls looked at for each one that is wanted: sessions repeat themselves, and keys have their share. */
const LOOKED_AT_FACTOR = 6;
const TASK_CALLS_DEFAULT = 800;
const TEACHER_CALLS_MAX = 400;
const JUDGE_CALLS_PER_REPLAY = 4;
/** Of the budget, for replays; the rest is for the teacher. */
const REPLAY_SHARE = 0.85;
const SLOTS = 64;
/** Score that a thousand characters must be worth; they are paid for with every call, for as long as it is served. */
const LENGTH_COST = 0.02;
const STOPPING = { patience: 25, minScoreThreshold: 0.995 } as const;
/** USD per million tokens of a model whose price is not known. */
const ASSUMED_PRICE = { input: 3, output: 15 };
const MILLION = 1_000_000;
const HOUR_MS = 3_600_000;

/**
 * Everything that a search needs, worked out before anything is spent: the calls that it replays in their splits, what a
 * replay costs, and what the budget will last for.
 */
export async function planRun(database: Database, governance: Governance, request: PlanRequest): Promise<PlannedRun> {
  const { failures, projectId } = request;
  if (request.teacher === null) return { type: 'refused', reason: 'no_teacher' };
  // What only the next request shows, or only a whole session, is not shown by sending one call again.
  if (failures.replayable === 0) return { type: 'refused', reason: 'not_replayable' };
  const scorerSet = await readScorerSet(database, projectId);
  if (scorerSet === null) return { type: 'refused', reason: 'nothing_scored' };
  const chosen = await chooseCalls(database, request);
  const rows = inSplits(chosen.rows, request.seed);
  if (rows === null || rows.filter((row) => row.failing).length < FAILING_CALLS_MIN) {
    return { type: 'refused', reason: 'too_few_calls' };
  }
  const settings = settingsOf(governance, request, request.teacher, scorerSet);
  const seedText = failures.prefixId === null ? '' : await readPrefix(database, projectId, failures.prefixId);
  if (seedText === null) return { type: 'refused', reason: 'not_served_any_more' };
  const plan = planOf(settings, request, rows, chosen, seedText);
  if (plan.taskCalls < plan.floorCalls) return { type: 'refused', reason: 'budget_too_small', plan };
  const limits = { ...settings.limits, taskCalls: plan.taskCalls };
  return { type: 'planned', settings: { ...settings, limits }, plan, rows };
}

interface Chosen {
  readonly rows: readonly Omit<SearchRow, 'split'>[];
  readonly counts: ReplaySet<ReplayableCall>['counts'];
  readonly notCaptured: number;
}

/** Calls with their content; one that was not captured, or is gone, is left out. */
async function chooseCalls(database: Database, request: PlanRequest): Promise<Chosen> {
  const { projectId, failures, since, asOf, replayCalls } = request;
  const looked = replayCalls * LOOKED_AT_FACTOR;
  const found = await readReplayableCalls(database, projectId, failures, {
    ...{ since, asOf, failingMax: looked, passingMax: looked },
  });
  const { calls, counts } = chooseReplaySet(found, replayCalls);
  const rows: Omit<SearchRow, 'split'>[] = [];
  for (const call of calls) {
    const stored = await loadCall(database, projectId, call.callId);
    if (stored === null || stored.request === null) continue;
    const { callId, sessionId, transcriptHead, failing } = call;
    rows.push({ callId, sessionId, transcriptHead, failing, facts: rowFactsOf(call, stored.request, stored.response) });
  }
  return { rows, counts, notCaptured: calls.length - rows.length };
}

/** Null when there are too few for three splits. */
function inSplits(rows: Chosen['rows'], seed: number): readonly SearchRow[] | null {
  const splits = splitRows(
    rows.map((row) => ({ id: row.callId, group: row.sessionId, stratum: row.failing ? 'failing' : 'passing' })),
    seed,
  );
  if (splits === null) return null;
  const splitOf = new Map(
    (['propose', 'select', 'report'] as const).flatMap((split) => splits[split].map((id) => [id, split] as const)),
  );
  return rows
    .flatMap((row) => {
      const split = splitOf.get(row.callId);
      return split === undefined ? [] : [{ ...row, split }];
    })
    .sort((left, right) => (left.callId < right.callId ? -1 : 1));
}

function settingsOf(governance: Governance, request: PlanRequest, teacher: string, scorerSet: string): RunSettings {
  const { failures, budgetUsd } = request;
  const { prefixId: _prefix, replayable: _replayable, calls: _calls, ...cell } = failures;
  return {
    ...{ schema: 2, cell, options: request.options ?? {}, seed: request.seed, alpha: governance.alphas.promote },
    limits: {
      taskCalls: request.taskCalls ?? TASK_CALLS_DEFAULT,
      teacherCalls: TEACHER_CALLS_MAX,
      judgeCalls: (request.taskCalls ?? TASK_CALLS_DEFAULT) * JUDGE_CALLS_PER_REPLAY,
      costUsd: budgetUsd,
    },
    ...{ stopping: STOPPING, slots: SLOTS, lengthMax: PREFIX_LENGTH_MAX, lengthCost: LENGTH_COST, scorerSet },
    ...{ rubric: failures.judged ? failures.check : null, judgeMostUsd: request.judgeMostUsd, teacher },
    ...{ price: priceOf(governance, failures.model), prefixCostMax: request.prefixCostMax, author: request.author },
    callsPerHour: (failures.calls * HOUR_MS) / Math.max(HOUR_MS, request.asOf.getTime() - request.since.getTime()),
  };
}

function priceOf(governance: Governance, model: string): TokenPrice {
  const price: Price = governance.models.find((each) => each.id === model)?.price ?? ASSUMED_PRICE;
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  return { input, output, cacheRead, cacheWrite };
}

function planOf(
  settings: RunSettings,
  request: PlanRequest,
  rows: readonly SearchRow[],
  chosen: Chosen,
  seedText: string,
): RunPlan {
  const task = buildTask(settings, rows, seedText, { has: () => false, size: 0 });
  const bound = request.optimizer.bind(settings.options);
  const { select, report, propose } = task.splits;
  const judgeUsd = settings.rubric === null ? 0 : settings.judgeMostUsd;
  const replayUsd = meanOf(rows.map((row) => usualCost(settings.price, row))) + judgeUsd;
  const replayMostUsd =
    Math.max(...rows.map((row) => mostOf(settings, row.facts, 'x'.repeat(settings.lengthMax)))) + judgeUsd;
  const affordable =
    replayUsd === 0 ? Number.POSITIVE_INFINITY : Math.floor((settings.limits.costUsd * REPLAY_SHARE) / replayUsd);
  const taskCalls = Math.min(settings.limits.taskCalls, affordable);
  const floorCalls = bound.optimizer.taskCallsMin(task, bound.options) + 2 * report.length;
  const failing = rows.filter((row) => row.failing).length;
  return {
    rows: {
      ...{ propose: propose.length, select: select.length, report: report.length },
      ...{ failing, passing: rows.length - failing, ...chosen.counts, notCaptured: chosen.notCaptured },
    },
    ...{ replayUsd, replayMostUsd, fullScoreUsd: replayUsd * select.length },
    ...{ floorCalls, floorUsd: floorCalls * replayUsd, taskCalls, expectedUsd: taskCalls * replayUsd },
    ...{ budgetUsd: settings.limits.costUsd, boundByMoney: affordable < settings.limits.taskCalls },
  };
}

/** What the stored call would cost again. */
function usualCost(price: TokenPrice, { facts }: SearchRow): number {
  const input = facts.inputTokens + facts.cacheReadInputTokens;
  return (input * price.input + facts.outputTokens * price.output) / MILLION;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
