import type { ModelConfig } from '#shared/config/config-schema.ts';
import { readEvaluation, writeEvaluation } from '#shared/database/judge-store.ts';
import { loadCall, type StoredCall } from '#shared/database/load-call.ts';
import {
  finishReplay,
  type Replay,
  type ReplayResult,
  readPrefixText,
  readReplay,
} from '#shared/database/replay-store.ts';
import { replayOutputLimit } from '#shared/domain/replay-output-limit.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Canonical, CanonicalBody } from '#shared/formats/canonical.ts';
import { JOB_ATTEMPTS } from '#shared/queue/queue-limits.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { judgeReplay } from './judge-replay.ts';
import { failedResult, type ReplayReply, replayResultOf } from './replay-result.ts';
import { isRecord } from './scorers/json.ts';
import { SCORER_SET_VERSION } from './scorers/registry.ts';

/** Sends a canonical request to a model with a prefix, as the gateway would, without a stream. */
export type SendReplay = (request: {
  /** The call that is replayed. */
  readonly callId: string;
  readonly model: ModelConfig;
  readonly canonical: Canonical;
  readonly prefix: string | null;
  readonly signal: AbortSignal;
}) => Promise<ReplayReply>;

export interface ReplayDeps extends EvaluatorDeps {
  /** The configured models by exact id; a replay goes to no other. */
  readonly models: ReadonlyMap<string, ModelConfig>;
  readonly send: SendReplay;
  /** Replays that this process has under way at once; the worker's own number when absent. */
  readonly replaySlots?: number;
}

export interface ReplayJobInput {
  readonly projectId: string;
  readonly replayId: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/**
 * Sends a stored call again, with the candidate prefix, and scores the reply by the same scorers as traffic. An error
 * is a result of its own and never a score of zero.
 *
 * @throws TrimtabError `upstream_unreachable` while another attempt may help
 */
export async function replayCall(deps: ReplayDeps, job: ReplayJobInput, signal: AbortSignal): Promise<void> {
  const replay = await readReplay(deps.database, job.projectId, job.replayId);
  if (replay === null || replay.status !== 'pending') return;
  const { result, costUsd } = await run(deps, replay, job.attempt, signal);
  const finished = { projectId: job.projectId, replayId: job.replayId, result, costUsd };
  const isFirst = await finishReplay(deps.database, { ...finished, finishedAt: new Date(deps.now()) });
  if (isFirst) deps.metrics.replays.inc({ status: result.error === null ? 'done' : 'error' });
}

/** Gives up a replay whose job failed for good, so that whoever waits for it does not wait for ever. */
export async function giveUpReplay(
  deps: Pick<ReplayDeps, 'database' | 'now' | 'metrics'>,
  job: { readonly projectId: string; readonly replayId: string },
  reason: string,
): Promise<void> {
  const finishedAt = new Date(deps.now());
  const isFirst = await finishReplay(deps.database, { ...job, ...failed(reason), finishedAt });
  if (isFirst) deps.metrics.replays.inc({ status: 'error' });
}

interface Ran {
  readonly result: ReplayResult;
  readonly costUsd: number;
}

async function run(deps: ReplayDeps, replay: Replay, attempt: number, signal: AbortSignal): Promise<Ran> {
  // A verdict of another set of scorers could not be compared with the one that asked for it.
  if (replay.scorerSet !== SCORER_SET_VERSION) return failed(`scorer set ${replay.scorerSet} is not the one in force`);
  const model = deps.models.get(replay.model);
  if (model === undefined) return failed(`model ${replay.model} is not configured`);
  const stored = await loadCall(deps.database, replay.projectId, replay.callId);
  if (stored === null) return failed('the call is not stored any more');
  if (stored.request === null) return failed('the request was not captured');
  const prefix =
    replay.prefixId === null ? null : await readPrefixText(deps.database, replay.projectId, replay.prefixId);
  if (replay.prefixId !== null && prefix === null) return failed(`prefix ${replay.prefixId} does not exist`);

  const answered = await answerOf(deps, replay, { stored, prefix, model }, attempt, signal);
  if (!answered.ok) return failed(`${answered.error.type}: ${answered.error.message}`);
  const result = replayResultOf(deps, stored.request, answered);
  if (replay.rubric === null) return { result, costUsd: answered.costUsd };
  const judging = { rubric: replay.rubric, model: replay.model };
  const judgement = await judgeReplay(deps, judging, stored, answered.message, signal);
  const costUsd = answered.costUsd + judgement.costUsd;
  if (judgement.type === 'failed') return { ...failed(judgement.problem), costUsd };
  return { result: { ...result, judged: judgement.judged, judgeCostUsd: judgement.costUsd }, costUsd };
}

/**
 * The answer to the replay. One that has to be judged is kept until it is, so that it is not paid for once more when no
 * judge can be reached.
 *
 * @throws TrimtabError `upstream_unreachable` while another attempt may help
 */
async function answerOf(
  deps: ReplayDeps,
  replay: Replay,
  what: { readonly stored: StoredCall; readonly prefix: string | null; readonly model: ModelConfig },
  attempt: number,
  signal: AbortSignal,
): Promise<ReplayReply> {
  const { projectId, replayId, callId } = replay;
  const cacheKey = `replay-answer-${replayId}`;
  const known = replay.rubric === null ? null : await readEvaluation(deps.database, projectId, cacheKey);
  // Written below by this very code; a reply of another version fails the scorers' own parsers.
  if (known !== null) return known as ReplayReply;
  const { stored, prefix, model } = what;
  const canonical: Canonical = { body: limitedBody(stored), extras: {} };
  const reply = await deps.send({ callId, model, canonical, prefix, signal });
  // A worker that closes says nothing about the model.
  if (!reply.ok && (signal.aborted || (reply.error.retryable && attempt < JOB_ATTEMPTS))) {
    throw new TrimtabError('upstream_unreachable', `replay on ${replay.model}: ${reply.error.message}`);
  }
  if (reply.ok && replay.rubric !== null) await writeEvaluation(deps.database, projectId, cacheKey, reply, callId);
  return reply;
}

/** Stored requests were canonical when they came in; what a server does not take it refuses. */
function limitedBody({ call, request }: StoredCall): CanonicalBody {
  const body = { ...request };
  const { max_tokens: maxTokens, thinking } = body;
  const budget = isRecord(thinking) ? thinking['budget_tokens'] : null;
  const limit = replayOutputLimit(
    call.usage?.outputTokens ?? 0,
    typeof maxTokens === 'number' ? maxTokens : null,
    typeof budget === 'number' ? budget : null,
  );
  return { ...body, max_tokens: limit } as unknown as CanonicalBody;
}

function failed(error: string): Ran {
  return { result: failedResult(error), costUsd: 0 };
}
