import type { Database } from '#shared/database/connect.ts';
import { loadCall } from '#shared/database/load-call.ts';
import { type Policy, readPrefix, storePrefix } from '#shared/database/policy-store.ts';
import {
  createPromptRun,
  type FixableFailures,
  type PromptRun,
  type ReplayableCall,
  readFixableFailures,
  readPromptRuns,
  readReplayableCalls,
  readScorerSet,
  wasPrefixTurnedDown,
} from '#shared/database/prompt-run-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { ReplayJob } from '#shared/queue/jobs.ts';
import { replayJobId } from '#shared/queue/names.ts';
import { judgePromptRun, type SearchState, searchStateSchema } from './judge-prompt-run.ts';
import { attachPrefix, prefixOf } from './prompts/attach-prefix.ts';
import { type CandidateProblem, checkCandidate } from './prompts/check-candidate.ts';
import { type ReplayVerdict, replayVerdictSchema } from './prompts/compare-replays.ts';
import {
  TEACHER_JSON_SCHEMA,
  TEACHER_OUTPUT_TOKENS_MAX,
  teacherReplySchema,
  teacherRequest,
} from './prompts/teacher-request.ts';
import { textsOf } from './prompts/transcript-text.ts';

export interface ReplayQueue {
  addBulk(jobs: readonly { readonly id: string; readonly data: ReplayJob }[]): Promise<void>;
}

export interface ProposePrefixDeps {
  readonly database: Database;
  readonly now: () => number;
  /** Null when neither a teacher nor a judge is configured. */
  readonly teacher: Llm | null;
  readonly replays: ReplayQueue;
  readonly actor: string;
}

export interface ProposePrefixOptions {
  readonly projectId: string;
  readonly runId: string;
  readonly asOf: Date;
  readonly minClusterSessions: number;
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
}

type PrefixReason =
  | 'off'
  | 'no_fixable_cluster'
  | 'tried_lately'
  | 'no_teacher'
  | 'budget_spent'
  | 'nothing_scored'
  | 'too_few_calls'
  | 'teacher_failed'
  | `candidate_${CandidateProblem}`
  | 'replays_timed_out'
  | 'not_served_any_more'
  | ReplayVerdict['reason'];

export type PrefixOutcome =
  | { readonly type: 'waiting'; readonly promptRunId: string; readonly pending: number }
  | {
      readonly type: 'nothing';
      readonly reason: PrefixReason;
      readonly promptRunId?: string | undefined;
      readonly detail?: unknown;
    }
  | {
      readonly type: 'draft';
      readonly body: PolicyBody;
      readonly promptRunId: string;
      readonly clusterId: string;
      readonly prefixId: string;
      readonly turnShape: string;
      readonly model: string;
      readonly verdict: ReplayVerdict;
    };

const DAY_MS = 86_400_000;
const FAILURE_WINDOW_MS = 7 * DAY_MS;
/** A cluster that a search has just failed on waits this long for the next one. */
const COOL_OFF_MS = 3 * DAY_MS;
const FAILING_CALLS_MIN = 3;
/** A refused candidate is asked for once more. */
const CANDIDATES_MAX = 2;

/**
 * One candidate prefix for the failures that cost most: written by the teacher from the cluster's features, checked,
 * and replayed on stored calls beside the present prefix. Returns `waiting` until the evaluator has replayed all; called
 * again for the same run it takes up where it was.
 */
export async function proposePrefix(
  deps: ProposePrefixDeps,
  stable: Policy,
  governance: Governance,
  options: ProposePrefixOptions,
): Promise<PrefixOutcome> {
  if (governance.prefixes === 'off') return { type: 'nothing', reason: 'off' };
  const since = new Date(options.asOf.getTime() - FAILURE_WINDOW_MS);
  const earlier = await readPromptRuns(deps.database, options.projectId, since);
  const begun = earlier.find((run) => run.runId === options.runId);
  if (begun !== undefined) return await continueSearch(deps, begun, stable);
  const held = await takeUpHeldDraft(deps, earlier, stable);
  if (held !== null) return held;
  const window = { since, asOf: options.asOf, minSessions: options.minClusterSessions };
  const fixable = await readFixableFailures(deps.database, options.projectId, window);
  const served = fixable.filter((each) => prefixOf(stable.body, each) === each.prefixId);
  if (served.length === 0) return { type: 'nothing', reason: 'no_fixable_cluster' };
  const target = served.find((each) => !triedLately(each, earlier, deps.now(), options.replayCalls));
  if (target === undefined) return { type: 'nothing', reason: 'tried_lately' };
  if (deps.teacher === null) return { type: 'nothing', reason: 'no_teacher' };
  const spent = earlier
    .filter((run) => run.createdAt.getTime() > deps.now() - DAY_MS)
    .reduce((sum, run) => sum + run.costUsd, 0);
  if (spent >= options.promptBudgetUsd) return { type: 'nothing', reason: 'budget_spent' };
  return await beginSearch(deps, deps.teacher, stable, target, options, since);
}

async function beginSearch(
  deps: ProposePrefixDeps,
  teacher: Llm,
  stable: Policy,
  target: FixableFailures,
  options: ProposePrefixOptions,
  since: Date,
): Promise<PrefixOutcome> {
  const { database } = deps;
  const { projectId, runId, asOf } = options;
  const scorerSet = await readScorerSet(database, projectId);
  if (scorerSet === null) return { type: 'nothing', reason: 'nothing_scored' };
  const calls = await readReplayableCalls(database, projectId, target, { since, asOf, limit: options.replayCalls });
  if (calls.filter((call) => call.failing).length < FAILING_CALLS_MIN)
    return { type: 'nothing', reason: 'too_few_calls' };
  const seedText = target.prefixId === null ? null : await readPrefix(database, projectId, target.prefixId);
  const candidate = await askTeacher(deps, teacher, target, seedText, projectId, calls);
  const common = {
    ...{ projectId, runId, clusterId: target.clusterId, optimizer: 'teacher-single', seedPrefixId: target.prefixId },
    costUsd: candidate.costUsd,
  };
  if (candidate.type === 'refused') {
    const failed = { ...common, status: 'failed' as const, candidatePrefixId: null, state: { target } };
    const run = await createPromptRun(database, {
      ...failed,
      result: { reason: candidate.reason, detail: candidate.detail },
    });
    return { type: 'nothing', reason: candidate.reason, promptRunId: run.promptRunId };
  }
  const prefixId = await storePrefix(database, {
    ...{ projectId, body: candidate.text, parentId: target.prefixId, clusterId: target.clusterId },
    author: `${deps.actor} (${teacher.model})`,
  });
  const state: SearchState = {
    target: { turnShape: target.turnShape, model: target.model, clusterId: target.clusterId },
    scorerSet,
    teacher: teacher.model,
    teacherCostUsd: candidate.costUsd,
    pairs: calls.map((call) => pairOf(call, target, prefixId, scorerSet)),
  };
  const run = await createPromptRun(database, {
    ...common,
    ...{ status: 'replaying', candidatePrefixId: prefixId, state, result: {} },
  });
  return await continueSearch(deps, run, stable);
}

/**
 * A candidate that was accepted earlier and could not be rolled out then, because something else was in flight or the
 * optimizer was paused. Its proof is not older than the window of failures, so that it needs no second search.
 */
async function takeUpHeldDraft(
  deps: ProposePrefixDeps,
  earlier: readonly PromptRun[],
  stable: Policy,
): Promise<PrefixOutcome | null> {
  for (const run of earlier) {
    if (run.status !== 'accepted' || run.candidatePrefixId === null) continue;
    if (await wasPrefixTurnedDown(deps.database, run.projectId, run.candidatePrefixId)) continue;
    const outcome = await continueSearch(deps, run, stable);
    if (outcome.type === 'draft') return outcome;
  }
  return null;
}

/** Asks again for what is outstanding (both sides ignore what they have), and judges once all is there. */
async function continueSearch(deps: ProposePrefixDeps, run: PromptRun, stable: Policy): Promise<PrefixOutcome> {
  const { promptRunId } = run;
  const judged = await judgePromptRun(deps, run);
  if (judged.type === 'waiting') return { type: 'waiting', promptRunId, pending: judged.pending };
  if (judged.type === 'failed') return { type: 'nothing', reason: judged.reason as PrefixReason, promptRunId };
  const { verdict } = judged;
  if (!verdict.accepted) return { type: 'nothing', reason: verdict.reason, promptRunId, detail: verdict };
  const { target } = searchStateSchema.parse(run.state);
  const prefixId = run.candidatePrefixId ?? '';
  const unchanged = prefixOf(stable.body, target) === run.seedPrefixId;
  const body = unchanged ? attachPrefix(stable.body, target, prefixId) : null;
  if (body === null) return { type: 'nothing', reason: 'not_served_any_more', promptRunId };
  const { clusterId, turnShape, model } = target;
  return { type: 'draft', body, promptRunId, clusterId, prefixId, turnShape, model, verdict };
}

type Candidate =
  | { readonly type: 'text'; readonly text: string; readonly costUsd: number }
  | {
      readonly type: 'refused';
      readonly reason: PrefixReason;
      readonly detail: string | null;
      readonly costUsd: number;
    };

async function askTeacher(
  deps: ProposePrefixDeps,
  teacher: Llm,
  target: FixableFailures,
  seedText: string | null,
  projectId: string,
  calls: readonly ReplayableCall[],
): Promise<Candidate> {
  const { check, stage, expectedVsActual, turnShape, failures, sessions } = target;
  const request = teacherRequest({ check, stage, expectedVsActual, turnShape, failures, sessions }, seedText);
  let costUsd = 0;
  let problem: CandidateProblem = 'empty';
  for (let attempt = 0; attempt < CANDIDATES_MAX; attempt += 1) {
    const reply = await teacher.completeStructured({
      ...request,
      schemaName: 'prefix',
      jsonSchema: TEACHER_JSON_SCHEMA,
      maxOutputTokens: TEACHER_OUTPUT_TOKENS_MAX,
    });
    costUsd += reply.costUsd ?? 0;
    if (!reply.ok) return { type: 'refused', reason: 'teacher_failed', detail: reply.error.message, costUsd };
    const parsed = teacherReplySchema.safeParse(reply.value);
    const text = parsed.success ? parsed.data.prefix.trim() : '';
    const found = checkCandidate(text, await readTraffic(deps.database, projectId, calls));
    if (found === null) return { type: 'text', text, costUsd };
    problem = found;
  }
  return { type: 'refused', reason: `candidate_${problem}`, detail: null, costUsd };
}

async function readTraffic(database: Database, projectId: string, calls: readonly ReplayableCall[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { callId } of calls) {
    const stored = await loadCall(database, projectId, callId);
    texts.push(...textsOf(stored?.request), ...textsOf(stored?.response), stored?.upstreamRaw ?? '');
  }
  return texts;
}

function pairOf(
  call: ReplayableCall,
  target: FixableFailures,
  prefixId: string,
  scorerSet: string,
): SearchState['pairs'][number] {
  const key = { transcriptHead: call.transcriptHead, target: target.model, scorerSet, sample: 0 };
  return {
    callId: call.callId,
    failing: call.failing,
    seedReplayId: replayJobId({ ...key, prefixId: target.prefixId ?? 'none' }),
    candidateReplayId: replayJobId({ ...key, prefixId }),
  };
}

function triedLately(target: FixableFailures, runs: readonly PromptRun[], nowMs: number, replayCalls: number): boolean {
  const lately = runs.filter(
    (run) => run.clusterId === target.clusterId && run.createdAt.getTime() > nowMs - COOL_OFF_MS,
  );
  return lately.some((run) => !lackedCalls(run, replayCalls));
}

/**
 * A search that had fewer calls to replay than it may have, and proved nothing, has not failed: a young cluster has only
 * just begun, and is looked at again when there is more of it.
 */
function lackedCalls(run: PromptRun, replayCalls: number): boolean {
  const state = searchStateSchema.safeParse(run.state).data;
  const verdict = replayVerdictSchema.safeParse(run.result).data;
  if (state === undefined || verdict === undefined || state.pairs.length >= replayCalls) return false;
  return verdict.reason === 'too_few_replays' || verdict.reason === 'no_proof';
}
