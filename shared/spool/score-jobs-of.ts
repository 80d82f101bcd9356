import type { NewJob } from '#shared/queue/job-entry.ts';
import type { ScoreJob } from '#shared/queue/jobs.ts';
import { scoreJobId } from '#shared/queue/names.ts';

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
}

/**
 * The jobs of stored calls: the first pass over each, and the outcome pass over each call that one of them continues,
 * because the next request tells what became of an answer. Replays are not traffic and are never scored as such.
 */
export function scoreJobsOf(calls: readonly ScorableCall[]): readonly NewJob<ScoreJob>[] {
  const jobs = new Map<string, NewJob<ScoreJob>>();
  const add = (projectId: string, callId: string, pass: ScoreJob['pass']) => {
    const id = scoreJobId(callId, pass);
    jobs.set(`${projectId} ${id}`, { id, data: { v: 1, projectId, callId, pass } });
  };
  for (const { projectId, callId, parentCallId, source } of calls) {
    if (source === 'replay') continue;
    add(projectId, callId, 'call');
    if (parentCallId !== null) add(projectId, parentCallId, 'outcome');
  }
  return [...jobs.values()];
}
