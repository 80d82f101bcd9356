import { findSessionRetries } from '#shared/database/find-client-retries.ts';
import { readJudgedAt, readJudgeSkip, recordJudgeSkip } from '#shared/database/judge-store.ts';
import { readScoringRuns } from '#shared/database/score-store.ts';
import {
  type OpenSession,
  readOpenSession,
  readSessionCalls,
  type SessionCall,
} from '#shared/database/session-closing.ts';
import type { SessionJob } from '#shared/queue/jobs.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { finishSession } from './finish-session.ts';
import type { JudgePanel } from './judge-panel.ts';
import { runInLanes } from './run-in-lanes.ts';
import { scoreCall } from './score-call.ts';
import { taskCompletion } from './scorers/judge/rubrics/task-completion.ts';
import { SCORER_SET_VERSION } from './scorers/registry.ts';
import { triageSession } from './triage/triage-session.ts';

/** Calls of one session that are scored at once: what they ask of the database goes over together. */
const CALLS_AT_ONCE = 16;

/**
 * Closes a session that is over: scores what is not scored yet, asks the judge for the whole, works out the quality.
 * With a judge it ends here for now, and the judgement finishes the session. What is scored stays so: a closing that was
 * stopped goes on from there, whoever does it.
 *
 * @throws the signal's reason when it aborts
 */
export async function scoreSession(
  deps: EvaluatorDeps,
  job: Omit<SessionJob, 'v'>,
  signal?: AbortSignal,
): Promise<void> {
  const session = await readOpenSession(deps.database, job.projectId, job.sessionId);
  if (session === null || !isOver(deps, session)) return;

  const calls = await readSessionCalls(deps.database, job.projectId, job.sessionId);
  await scoreMissingPasses(deps, session, calls, signal);
  if (deps.triage !== undefined) await triageSession({ ...deps, triage: deps.triage }, session, calls);

  if (deps.panel !== null && (await wantsJudge(deps, session))) {
    await askForJudge(deps.panel, session);
    return;
  }
  await finishSession(deps, session, calls, signal);
}

/** Idle long enough, or open for longer than the statistics wait. */
export function isOver(deps: Pick<EvaluatorDeps, 'now' | 'sessions'>, session: OpenSession): boolean {
  if (isIdle(deps, session)) return true;
  return session.qualityAt === null && session.startedAt.getTime() <= deps.now() - deps.sessions.openMaxMs;
}

function isIdle(deps: Pick<EvaluatorDeps, 'now' | 'sessions'>, session: OpenSession): boolean {
  return session.lastCallAt.getTime() <= deps.now() - deps.sessions.idleMs;
}

/**
 * Passes whose jobs have not come through yet, or never will. The outcome of a call that nothing continues is known
 * taken as it is once the session is idle, and again if something continues it after all: its tool may be running.
 */
async function scoreMissingPasses(
  deps: EvaluatorDeps,
  session: OpenSession,
  calls: readonly SessionCall[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { projectId, sessionId } = session;
  const callIds = calls.map((call) => call.callId);
  const done = await readScoringRuns(deps.database, projectId, callIds, SCORER_SET_VERSION);
  const nextOf = new Map(calls.toReversed().map((call) => [call.parentCallId, call.callId]));
  const idle = isIdle(deps, session);
  const missing = calls.flatMap(({ callId }) => {
    const outcome = done.get(`${callId} outcome`);
    const lacksOutcome = nextOf.has(callId) ? outcome?.final !== true : idle && outcome === undefined;
    const lacksCall = !done.has(`${callId} call`);
    return lacksCall || lacksOutcome ? [{ callId, lacksCall, lacksOutcome }] : [];
  });
  if (missing.length === 0) return;
  const retries = await findSessionRetries(deps.database, projectId, sessionId);
  await runInLanes(missing, { lanes: CALLS_AT_ONCE, signal }, async ({ callId, lacksCall, lacksOutcome }) => {
    if (lacksCall) await scoreCall(deps, { projectId, callId, pass: 'call' });
    const after = { nextCallId: nextOf.get(callId) ?? null, retry: retries.get(callId) ?? null };
    if (lacksOutcome) await scoreCall(deps, { projectId, callId, pass: 'outcome' }, after);
  });
}

/** The key under which a session's judgement is stored. */
export function sessionJudgementKey(session: Pick<OpenSession, 'projectId' | 'sessionId' | 'firstCallId'>) {
  return {
    projectId: session.projectId,
    callId: session.firstCallId,
    subjectType: 'session',
    subjectId: session.sessionId,
    scorer: taskCompletion.id,
    scorerVersion: taskCompletion.version,
    pass: 'session',
    sample: 0,
  } as const;
}

/** True unless the session was judged since its last call, or carries the reason why it is not. */
async function wantsJudge(deps: EvaluatorDeps, session: OpenSession): Promise<boolean> {
  const judgedAt = await readJudgedAt(deps.database, sessionJudgementKey(session));
  if (judgedAt !== null && judgedAt >= session.lastCallAt) return false;
  return (await readJudgeSkip(deps.database, session.projectId, session.firstCallId, taskCompletion.id)) === null;
}

async function askForJudge(panel: JudgePanel, session: OpenSession): Promise<void> {
  await panel.enqueue({
    v: 1,
    projectId: session.projectId,
    subjectType: 'session',
    subjectId: session.sessionId,
    rubric: taskCompletion.id,
    rubricVersion: taskCompletion.version,
    sample: 0,
  });
}

/** Leaves the reason why a session is not judged, and finishes it without. */
export async function finishUnjudged(
  deps: EvaluatorDeps,
  job: Omit<SessionJob, 'v'>,
  reason: Parameters<typeof recordJudgeSkip>[1]['reason'],
  signal?: AbortSignal,
): Promise<void> {
  const session = await readOpenSession(deps.database, job.projectId, job.sessionId);
  if (session === null) return;
  await recordJudgeSkip(deps.database, {
    projectId: job.projectId,
    callId: session.firstCallId,
    rubric: taskCompletion.id,
    reason,
    samplingProbability: 1,
  });
  if (!isOver(deps, session)) return;
  await finishSession(deps, session, await readSessionCalls(deps.database, job.projectId, job.sessionId), signal);
}
