import type { NewJob } from '#shared/queue/job-entry.ts';
import type { ScoreJob } from '#shared/queue/jobs.ts';
import { scoreJobId } from '#shared/queue/names.ts';
import { BACKGROUND_PRIORITY, type ScoreLanes } from './score-lanes.ts';

/** The producer's side of the queue `trimtab-score`. */
export interface ScoreQueue {
  addBulk(jobs: readonly NewJob<ScoreJob>[]): Promise<void>;
}

/** What a stored call has to say about its scoring. */
export interface ScorableCall {
  readonly projectId: string;
  readonly callId: string;
  readonly parentCallId: string | null;
  readonly source: string;
  /** Whose jobs stand in one lane; where there is none, the session's do. */
  readonly keyId?: string | null;
  readonly sessionId: string;
}

/**
 * The jobs of stored calls: the first pass over each, and the outcome pass over each call that one of them continues,
 * because the next request tells what became of an answer. Replays are not traffic and are never scored as such.
 *
 * @param lanes of live traffic; without them the jobs let all live traffic pass
 */
export function scoreJobsOf(
  calls: readonly ScorableCall[],
  lanes: ScoreLanes | null = null,
): readonly NewJob<ScoreJob>[] {
  const jobs = new Map<string, NewJob<ScoreJob>>();
  const add = (projectId: string, callId: string, pass: ScoreJob['pass'], priority: number) => {
    const id = scoreJobId(callId, pass);
    jobs.set(`${projectId} ${id}`, { id, data: { v: 1, projectId, callId, pass }, priority });
  };
  for (const { projectId, callId, parentCallId, source, keyId, sessionId } of calls) {
    if (source === 'replay') continue;
    const priority = lanes?.priorityOf(`${projectId} ${keyId ?? sessionId}`) ?? BACKGROUND_PRIORITY;
    add(projectId, callId, 'call', priority);
    if (parentCallId !== null) add(projectId, parentCallId, 'outcome', priority);
  }
  return [...jobs.values()];
}
