import { add, type BudgetLedger, type BudgetLimits, NOTHING, type Spending } from './budget-ledger.ts';
import { evaluationKey, teachKey } from './evaluation-key.ts';
import { promptId } from './prompt.ts';
import type { RowOutcome, StepOutcome, StepRequest, TeachOutcome } from './requests.ts';
import type { CacheEntry, EvaluationCache, EvaluationReply, Evaluator, Teacher, TeacherReply } from './search-ports.ts';

export interface BatchDeps {
  readonly evaluator: Evaluator;
  readonly teacher: Teacher;
  readonly cache: EvaluationCache;
  /** Waits before a further attempt, counted from 1. */
  readonly pause: (attempt: number) => Promise<void>;
}

export interface BatchPlan {
  readonly searchId: string;
  readonly step: number;
  /** Evaluations and questions that may be under way at once. */
  readonly slots: number;
  readonly attemptsMax: number;
}

export interface BatchResult {
  readonly outcomes: readonly StepOutcome[];
  /** The limit that a request ran into; null when all could be paid. */
  readonly limit: keyof BudgetLimits | null;
  readonly failedAttempts: number;
  readonly errors: number;
  readonly cached: number;
}

/** One evaluation or question that several requests of a batch may wait for. */
interface Job {
  readonly key: string;
  readonly most: Spending;
  readonly attempt: (signal: AbortSignal) => Promise<Attempt>;
  reservation: 'open' | 'reserved' | 'refused';
  value: RowOutcome | TeachOutcome | null;
}

type Payment = Pick<CacheEntry, 'judgeCalls' | 'costUsd' | 'failedAttempts'>;

type Attempt = EvaluationReply | ({ readonly judgeCalls: 0 } & TeacherReply);

/**
 * Does what a stepper asks for: from the cache where it is there, else within the budget, several at once. The outcome
 * is the same whoever finishes first. Requests that do not fit into the budget as a whole are refused before anything
 * is spent on them. Throws the signal's reason when it is aborted; what was finished until then is in the cache.
 */
export async function performBatch(
  deps: BatchDeps,
  plan: BatchPlan,
  ledger: BudgetLedger,
  requests: readonly StepRequest[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const jobs = new Map<string, Job>();
  const jobsOf = requests.map((request) => jobsFor(deps, plan, jobs, request));
  const known = await deps.cache.read([...jobs.keys()]);
  const counts = { failedAttempts: 0, errors: 0, cached: 0 };
  let limit: keyof BudgetLimits | null = null;
  const isFree = (job: Job) => !isOwn(known.get(job.key), plan) && known.has(job.key);
  for (const own of jobsOf) {
    const open = own.filter((job) => job.reservation !== 'reserved' && !isFree(job));
    const most = open.reduce((sum, job) => add(sum, job.most), NOTHING);
    const reserved = ledger.reserve(most);
    if (!reserved.ok) limit ??= reserved.limit;
    for (const job of open) job.reservation = reserved.ok ? 'reserved' : 'refused';
  }
  const waiting: Job[] = [];
  const paid = new Map<Job, Payment>();
  for (const job of jobs.values()) {
    const entry = known.get(job.key);
    if (entry === undefined) {
      if (job.reservation === 'reserved') waiting.push(job);
      continue;
    }
    if (job.reservation === 'refused') continue;
    job.value = entry.value;
    if (job.reservation === 'reserved') paid.set(job, entry);
    else counts.cached += 1;
  }
  await inSlots(waiting, plan.slots, signal, async (job) => {
    const { value, payment } = await attemptJob(deps, plan, job, signal);
    job.value = value;
    paid.set(job, payment);
    if (value.status === 'error' || value.status === 'failed') counts.errors += 1;
    else await deps.cache.write(job.key, { ...payment, value, searchId: plan.searchId, step: plan.step });
  });
  // In the order of asking: sums of fractions depend on their order, and who finishes first must not show.
  for (const job of jobs.values()) {
    const payment = paid.get(job);
    if (payment === undefined) continue;
    ledger.settle(job.most, spentBy(job, payment));
    counts.failedAttempts += payment.failedAttempts;
  }
  const outcomes = requests.map((request, index) => outcomeOf(request, jobsOf[index] ?? []));
  return { outcomes, limit, ...counts };
}

function jobsFor(deps: BatchDeps, plan: BatchPlan, jobs: Map<string, Job>, request: StepRequest): Job[] {
  const job = (key: string, make: () => Pick<Job, 'most' | 'attempt'>): Job => {
    const found = jobs.get(key) ?? { key, ...make(), reservation: 'open', value: null };
    jobs.set(key, found);
    return found;
  };
  if (request.kind === 'teach') {
    return [
      job(teachKey(request, deps.teacher.model), () => ({
        most: { ...NOTHING, teacherCalls: 1, costUsd: deps.teacher.most(request) * plan.attemptsMax },
        attempt: async (signal) => ({ judgeCalls: 0, ...(await deps.teacher.teach(request, signal)) }),
      })),
    ];
  }
  const { prompt, sample } = request;
  const { model, judgeVersion } = deps.evaluator;
  const id = promptId(prompt);
  return request.rowIds.map((rowId) => {
    const evaluation = { prompt, rowId, sample };
    return job(evaluationKey({ promptId: id, rowId, model, judgeVersion, sample }), () => {
      const most = deps.evaluator.most(evaluation);
      return {
        most: {
          taskCalls: 1,
          teacherCalls: 0,
          judgeCalls: most.judgeCalls * plan.attemptsMax,
          costUsd: most.costUsd * plan.attemptsMax,
        },
        attempt: (signal) => deps.evaluator.evaluate(evaluation, signal),
      };
    });
  });
}

/**
 * An entry that this very step has paid for before it was cut off: it is charged now, as it would have been then. So
 * is one of a later step, when a search goes on from an older checkpoint than its last.
 */
const isOwn = (entry: CacheEntry | undefined, plan: BatchPlan) =>
  entry !== undefined && entry.searchId === plan.searchId && entry.step >= plan.step;

/** A task or teacher call counts once however often it was tried; money and judge calls count as often as they went. */
function spentBy(job: Job, payment: Payment): Spending {
  const { taskCalls, teacherCalls } = job.most;
  return {
    taskCalls,
    teacherCalls,
    judgeCalls: Math.min(payment.judgeCalls, job.most.judgeCalls),
    costUsd: Math.min(payment.costUsd, job.most.costUsd),
  };
}

async function attemptJob(
  deps: BatchDeps,
  plan: BatchPlan,
  job: Job,
  signal: AbortSignal,
): Promise<{ readonly value: RowOutcome | TeachOutcome; readonly payment: Payment }> {
  let [judgeCalls, costUsd, failedAttempts] = [0, 0, 0];
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const reply = await job.attempt(signal);
    signal.throwIfAborted();
    judgeCalls += reply.judgeCalls;
    costUsd += reply.costUsd;
    if (reply.status === 'scored' || reply.status === 'answered') {
      return { value: kept(reply), payment: { judgeCalls, costUsd, failedAttempts } };
    }
    failedAttempts += 1;
    if (!reply.retryable || attempt >= plan.attemptsMax) {
      const { status, message } = reply;
      const value = { status, message } as RowOutcome | TeachOutcome;
      return { value, payment: { judgeCalls, costUsd, failedAttempts } };
    }
    await deps.pause(attempt);
  }
}

function kept(reply: Extract<Attempt, { status: 'scored' | 'answered' }>): RowOutcome | TeachOutcome {
  if (reply.status === 'answered') return { status: 'answered', text: reply.text };
  const { status, score, output, reason, failed } = reply;
  return { status, score, output, reason, failed };
}

/** Works through the jobs with so many at once. The first that throws stops the others from starting. */
async function inSlots(
  jobs: readonly Job[],
  slots: number,
  signal: AbortSignal,
  work: (job: Job) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const slot = async () => {
    while (next < jobs.length && !failed) {
      signal.throwIfAborted();
      const job = jobs[next];
      next += 1;
      if (job === undefined) return;
      try {
        await work(job);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(slots, jobs.length) }, slot));
  const rejected = settled.find((each) => each.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}

function outcomeOf(request: StepRequest, jobs: readonly Job[]): StepOutcome {
  if (request.kind === 'teach') {
    return { kind: 'teach', outcome: (jobs[0]?.value ?? { status: 'refused' }) as TeachOutcome };
  }
  return { kind: 'evaluate', rows: jobs.map((job) => (job.value ?? { status: 'refused' }) as RowOutcome) };
}
