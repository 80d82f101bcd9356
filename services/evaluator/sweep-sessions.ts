import { findSessionsToClose } from '#shared/database/session-closing.ts';
import type { JobQueue } from '#shared/queue/job-queue.ts';
import type { ScoreJob, SessionJob } from '#shared/queue/jobs.ts';
import { scoreJobId, sessionJobId } from '#shared/queue/names.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';

/** Sessions of one look; the rest waits for the next one, which comes soon. */
const SESSIONS_MAX = 500;

export interface SweepQueues {
  readonly score: Pick<JobQueue<ScoreJob>, 'addBulk'>;
  readonly session: Pick<JobQueue<SessionJob>, 'addBulk'>;
}

/**
 * Finds sessions that are over, and asks for the outcome of their last call and for their closing. Asked for twice is
 * asked for once: the ids of the jobs say so.
 *
 * @returns how many sessions are due
 */
export async function sweepSessions(
  deps: Pick<EvaluatorDeps, 'database' | 'now' | 'sessions'>,
  queues: SweepQueues,
): Promise<number> {
  const now = deps.now();
  const idleSince = new Date(now - deps.sessions.idleMs);
  const startedBefore = new Date(now - deps.sessions.openMaxMs);
  const due = await findSessionsToClose(deps.database, { idleSince, startedBefore, limit: SESSIONS_MAX });
  if (due.length === 0) return 0;
  const idle = due.filter((session) => session.lastCallAt <= idleSince);
  await queues.score.addBulk(
    idle.map(({ projectId, lastCallId }) => ({
      id: scoreJobId(lastCallId, 'outcome'),
      data: { v: 1, projectId, callId: lastCallId, pass: 'outcome' },
    })),
  );
  await queues.session.addBulk(
    due.map(({ projectId, sessionId }) => ({
      id: sessionJobId({ projectId, sessionId }),
      data: { v: 1, projectId, sessionId },
    })),
  );
  return due.length;
}
