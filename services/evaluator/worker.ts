import { TrimtabError } from '#shared/errors.ts';
import type { JobWorker, WorkerOptions } from '#shared/queue/job-worker.ts';
import type { JobDataOf } from '#shared/queue/jobs.ts';
import {
  INGEST_QUEUE,
  isJudgeQueueName,
  type QueueName,
  REPLAY_QUEUE,
  SCORE_QUEUE,
  SESSION_QUEUE,
} from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import { JOB_ATTEMPTS } from '#shared/queue/queue-limits.ts';
import type { JobProcessor } from '#shared/queue/store-processor.ts';
import { buryJob } from './dead-letters.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { type TakeHookDeps, takeHookRecord } from './ingest/take-hook-record.ts';
import { JUDGE_ATTEMPTS, panelQueueName } from './judge-panel.ts';
import { judgeSubject } from './judge-subject.ts';
import { type ReplayDeps, replayCall } from './replay-call.ts';
import { scoreCall } from './score-call.ts';
import { scoreSession } from './score-session.ts';

/**
 * Jobs of one kind that one process works on at once. Scoring is our own processor and database, to which as many go
 * together as are at it; judging and replaying wait for others, and are held back for the sake of their rate limits.
 */
const CONCURRENCY = { score: 16, session: 2, judge: 4, replay: 4, ingest: 4 } as const;

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
    open(SESSION_QUEUE, CONCURRENCY.session, (job, signal) => closeUntilStopped(deps, job.data, signal)),
    open(REPLAY_QUEUE, deps.replaySlots ?? CONCURRENCY.replay, (job, signal) =>
      replayCall(deps, { ...job.data, attempt: job.attempt }, signal),
    ),
  ];
  if (deps.panel === null) return workers;
  const judging = panelQueueName(deps.panel.judges);
  return [...workers, open(judging, CONCURRENCY.judge, (job, signal) => judgeSubject(deps, job.data, signal))];
}

/**
 * A closing that is stopped has not failed, and uses up no try: its session is still open, and the next sweep asks for it
 * again.
 */
async function closeUntilStopped(
  deps: EvaluatorDeps,
  job: JobDataOf<typeof SESSION_QUEUE>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await scoreSession(deps, job, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    deps.log.info({ sessionId: job.sessionId }, 'closing of a session stopped; the next sweep asks for it again');
  }
}

/** A queue of calls that other gateways report, on their Redis or on our own store. */
export interface IngestSource {
  readonly backend: Pick<QueueBackend, 'openWorker'>;
  /** The name that the foreign gateway has given its queue. */
  readonly queue: string;
}

/** Opens a worker for each source of reported calls. */
export function openIngestWorkers(
  deps: EvaluatorDeps & { readonly hook: TakeHookDeps; readonly projectId: string },
  sources: readonly IngestSource[],
  timing: WorkerTiming = {},
): readonly JobWorker[] {
  const { hook, projectId } = deps;
  const take: JobProcessor<JobDataOf<typeof INGEST_QUEUE>> = async ({ data }) => {
    await takeHookRecord(hook, data.record, { projectId, callId: data.callId, keyId: null });
  };
  const processor = burying(deps, INGEST_QUEUE, take, projectId);
  return sources.map(({ backend, queue }) =>
    backend.openWorker(INGEST_QUEUE, processor, { ...timing, concurrency: CONCURRENCY.ingest, storedAs: queue }),
  );
}

/** Keeps a job among the dead letters when this was its last chance; `projectId` of jobs that do not say their own. */
function burying<Name extends QueueName>(
  deps: EvaluatorDeps,
  queue: Name,
  processor: JobProcessor<JobDataOf<Name>>,
  projectId?: string,
): JobProcessor<JobDataOf<Name>> {
  const attempts = isJudgeQueueName(queue) ? JUDGE_ATTEMPTS : JOB_ATTEMPTS;
  return async (job, signal) => {
    try {
      await processor(job, signal);
    } catch (error) {
      const isFinal = (error instanceof TrimtabError && !error.retryable) || job.attempt >= attempts;
      const reason = error instanceof Error ? error.message : String(error);
      deps.log.warn({ queue, jobId: job.id, attempt: job.attempt, isFinal, reason }, 'job failed');
      if (isFinal) await bury(deps, { queue, id: job.id, data: job.data, reason, projectId });
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
