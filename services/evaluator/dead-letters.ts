import * as z from 'zod';
import { hasDeadLetter, recordDeadLetter } from '#shared/database/dead-letter-store.ts';
import { recordJudgeSkip } from '#shared/database/judge-store.ts';
import type { FailedJob, JobQueue } from '#shared/queue/job-queue.ts';
import { jobSchemaOf } from '#shared/queue/jobs.ts';
import { INGEST_QUEUE, isJudgeQueueName, type QueueName, REPLAY_QUEUE, SCORE_QUEUE } from '#shared/queue/names.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { isErasedHookJob } from './ingest/erase-hook-records.ts';
import { giveUpReplay } from './replay-call.ts';
import { finishUnjudged } from './score-session.ts';

/** As what this service counts its dead letters. */
const COUNTED_BY = 'evaluator';
const FAILED_JOBS_MAX = 100;
const UNKNOWN_PROJECT = 'unknown';

export interface DeadJob {
  readonly queue: QueueName;
  readonly id: string;
  readonly data: unknown;
  readonly reason: string;
  /** Of jobs whose payload does not say it. */
  readonly projectId?: string | undefined;
}

/**
 * Keeps a job that failed for good, and ends what waited for it: a replay has its error, a session is closed without a
 * judge. Safe to repeat.
 */
export async function buryJob(deps: EvaluatorDeps, job: DeadJob): Promise<void> {
  await endWaiting(deps, job);
  const scored = job.queue === SCORE_QUEUE ? jobSchemaOf(SCORE_QUEUE).safeParse(job.data).data : undefined;
  const projectId = job.projectId ?? projectOf(job.data);
  // This payload alone is content, and may have been asked to be erased while the job was tried again.
  if (job.queue === INGEST_QUEUE && (await isErasedHookJob(deps.database, projectId, job.data))) return;
  const letter = {
    projectId,
    queue: job.queue,
    jobId: job.id,
    // Only without its first pass is a call unscored.
    callId: scored?.pass === 'call' ? scored.callId : null,
    reason: job.reason,
    payload: job.data,
  };
  const isNew = await recordDeadLetter(deps.database, letter, COUNTED_BY);
  if (isNew) deps.metrics.deadLetters.inc({ queue: job.queue });
}

/** Buries the failed jobs that no worker could bury: those whose workers died with them, or without a database. */
export async function collectFailedJobs(
  deps: EvaluatorDeps,
  queues: readonly (Pick<JobQueue<unknown>, 'failed'> & { readonly name: QueueName })[],
): Promise<number> {
  let buried = 0;
  for (const queue of queues) {
    for (const job of await queue.failed(FAILED_JOBS_MAX)) {
      if (await hasDeadLetter(deps.database, projectOf(job.data), queue.name, job.id)) continue;
      await buryJob(deps, toDeadJob(queue.name, job));
      buried += 1;
    }
  }
  return buried;
}

function toDeadJob(queue: QueueName, job: FailedJob): DeadJob {
  return { queue, id: job.id, data: job.data, reason: job.reason };
}

function projectOf(data: unknown): string {
  return z.looseObject({ projectId: z.string() }).safeParse(data).data?.projectId ?? UNKNOWN_PROJECT;
}

async function endWaiting(deps: EvaluatorDeps, job: DeadJob): Promise<void> {
  if (job.queue === REPLAY_QUEUE) {
    const { data } = jobSchemaOf(REPLAY_QUEUE).safeParse(job.data);
    if (data !== undefined)
      await giveUpReplay(deps, { projectId: data.projectId, replayId: data.replayId }, job.reason);
    return;
  }
  if (!isJudgeQueueName(job.queue)) return;
  const { data } = jobSchemaOf(job.queue).safeParse(job.data);
  if (data === undefined) return;
  const { projectId, subjectType, subjectId, rubric } = data;
  if (subjectType === 'session') {
    await finishUnjudged(deps, { projectId, sessionId: subjectId }, 'judge_unavailable');
    return;
  }
  const samplingProbability = deps.panel?.callShare ?? 0;
  const skip = { projectId, callId: subjectId, rubric, reason: 'judge_unavailable', samplingProbability } as const;
  await recordJudgeSkip(deps.database, skip);
}
