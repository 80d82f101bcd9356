import { TrimtabError } from '#shared/errors.ts';
import type { JobWorker, WorkerOptions } from '#shared/queue/job-worker.ts';
import type { JobDataOf } from '#shared/queue/jobs.ts';
import { isJudgeQueueName, type QueueName, REPLAY_QUEUE, SCORE_QUEUE, SESSION_QUEUE } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import { JOB_ATTEMPTS } from '#shared/queue/queue-limits.ts';
import type { JobProcessor } from '#shared/queue/store-processor.ts';
import { buryJob } from './dead-letters.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { JUDGE_ATTEMPTS, panelQueueName } from './judge-panel.ts';
import { judgeSubject } from './judge-subject.ts';
import { type ReplayDeps, replayCall } from './replay-call.ts';
import { scoreCall } from './score-call.ts';
import { scoreSession } from './score-session.ts';

/**
 * Jobs of one kind that one process works on at once. Scoring is our own processor and database; judging and replaying
 * wait for others, and are held back for the sake of their rate limits.
 */
const CONCURRENCY = { score: 8, session: 2, judge: 4, replay: 4 } as const;

export type WorkerDeps = EvaluatorDeps & ReplayDeps;

/** How soon the work of a dead process is given to another one; the queue's own times when absent. */
export type WorkerTiming = Pick<WorkerOptions, 'lockMs' | 'stalledIntervalMs'>;

/** Opens the evaluator's workers: scoring, closing of sessions, replays, and judging where there is a judge. */
export function openWorkers(deps: WorkerDeps, backend: QueueBackend, timing: WorkerTiming = {}): readonly JobWorker[] {
  const open = <Name extends QueueName>(
    name: Name,
    concurrency: number,
    processor: JobProcessor<JobDataOf<Name>>,
  ): JobWorker => backend.openWorker(name, burying(deps, name, processor), { ...timing, concurrency });

  const workers = [
    open(SCORE_QUEUE, CONCURRENCY.score, (job) => scoreCall(deps, job.data)),
    open(SESSION_QUEUE, CONCURRENCY.session, (job) => scoreSession(deps, job.data)),
    open(REPLAY_QUEUE, CONCURRENCY.replay, (job, signal) =>
      replayCall(deps, { ...job.data, attempt: job.attempt }, signal),
    ),
  ];
  if (deps.panel === null) return workers;
  const judging = panelQueueName(deps.panel.judges);
  return [...workers, open(judging, CONCURRENCY.judge, (job, signal) => judgeSubject(deps, job.data, signal))];
}

/** Keeps a job among the dead letters when this was its last chance. */
function burying<Name extends QueueName>(
  deps: EvaluatorDeps,
  queue: Name,
  processor: JobProcessor<JobDataOf<Name>>,
): JobProcessor<JobDataOf<Name>> {
  const attempts = isJudgeQueueName(queue) ? JUDGE_ATTEMPTS : JOB_ATTEMPTS;
  return async (job, signal) => {
    try {
      await processor(job, signal);
    } catch (error) {
      const isFinal = (error instanceof TrimtabError && !error.retryable) || job.attempt >= attempts;
      const reason = error instanceof Error ? error.message : String(error);
      deps.log.warn({ queue, jobId: job.id, attempt: job.attempt, isFinal, reason }, 'job failed');
      if (isFinal) await bury(deps, { queue, id: job.id, data: job.data, reason });
      throw error;
    }
  };
}

/** A letter that cannot be written now is written when the failed jobs are collected. */
async function bury(deps: EvaluatorDeps, job: Parameters<typeof buryJob>[1]): Promise<void> {
  try {
    await buryJob(deps, job);
  } catch (error) {
    deps.log.error({ queue: job.queue, jobId: job.id, error }, 'dead letter not written');
  }
}
