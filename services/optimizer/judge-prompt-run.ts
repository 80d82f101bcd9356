import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { finishPromptRun, type PromptRun, type ReplayOutcome, readReplays } from '#shared/database/prompt-run-store.ts';
import { createReplays } from '#shared/database/replay-store.ts';
import type { ReplayJob } from '#shared/queue/jobs.ts';
import {
  compareReplays,
  type ReplayedPair,
  type ReplayVerdict,
  replayVerdictSchema,
} from './prompts/compare-replays.ts';

/** What a search remembers: the calls that are replayed, with the ids of both replays. */
export const searchStateSchema = z.object({
  target: z.object({ turnShape: z.string(), model: z.string(), clusterId: z.string() }),
  scorerSet: z.string(),
  teacher: z.string(),
  teacherCostUsd: z.number(),
  pairs: z.array(
    z.object({
      callId: z.string(),
      failing: z.boolean(),
      seedReplayId: z.string(),
      candidateReplayId: z.string(),
    }),
  ),
});

export type SearchState = z.infer<typeof searchStateSchema>;

export interface JudgePromptRunDeps {
  readonly database: Database;
  readonly now: () => number;
  readonly replays: { addBulk(jobs: readonly { readonly id: string; readonly data: ReplayJob }[]): Promise<void> };
}

export type JudgedPromptRun =
  | { readonly type: 'waiting'; readonly pending: number }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'judged'; readonly verdict: ReplayVerdict };

/** Replays that have not come by then are not waited for: the evaluator is down, or a provider hangs. */
const REPLAYS_DEADLINE_MS = 2 * 3_600_000;
const failureSchema = z.looseObject({ reason: z.string() });

/**
 * Where a search stands. While replays are outstanding they are asked for again, which is free for those that are on
 * their way: a lost queue or a kill between two steps costs nothing but time. The verdict is written once.
 */
export async function judgePromptRun(deps: JudgePromptRunDeps, run: PromptRun): Promise<JudgedPromptRun> {
  if (run.status === 'failed') {
    const failure = failureSchema.safeParse(run.result);
    return { type: 'failed', reason: failure.success ? failure.data.reason : 'failed' };
  }
  if (run.status !== 'replaying') return { type: 'judged', verdict: replayVerdictSchema.parse(run.result) };
  const state = searchStateSchema.parse(run.state);
  const ids = state.pairs.flatMap((pair) => [pair.seedReplayId, pair.candidateReplayId]);
  const outcomes = await readReplays(deps.database, run.projectId, ids);
  const pending = [...new Set(ids)].filter((id) => (outcomes.get(id)?.status ?? 'pending') === 'pending');
  const late = deps.now() > run.createdAt.getTime() + REPLAYS_DEADLINE_MS;
  if (pending.length > 0 && !late) {
    await askForReplays(deps, run, state, pending);
    return { type: 'waiting', pending: pending.length };
  }
  const costUsd = state.teacherCostUsd + [...outcomes.values()].reduce((sum, outcome) => sum + outcome.costUsd, 0);
  if (pending.length > 0) {
    const result = { reason: 'replays_timed_out', pending: pending.length };
    await finishPromptRun(deps.database, run.promptRunId, { status: 'failed', result, costUsd });
    return { type: 'failed', reason: 'replays_timed_out' };
  }
  const verdict = compareReplays(state.pairs.flatMap((pair) => asPair(pair, outcomes)));
  const status = verdict.accepted ? 'accepted' : 'rejected';
  await finishPromptRun(deps.database, run.promptRunId, { status, result: verdict, costUsd });
  return { type: 'judged', verdict };
}

async function askForReplays(
  deps: JudgePromptRunDeps,
  run: PromptRun,
  state: SearchState,
  pending: readonly string[],
): Promise<void> {
  const { projectId, promptRunId, seedPrefixId, candidatePrefixId } = run;
  const rows = state.pairs.flatMap((pair) => {
    const common = {
      projectId,
      promptRunId,
      callId: pair.callId,
      model: state.target.model,
      scorerSet: state.scorerSet,
      sample: 0,
    };
    return [
      { ...common, replayId: pair.seedReplayId, prefixId: seedPrefixId },
      { ...common, replayId: pair.candidateReplayId, prefixId: candidatePrefixId },
    ];
  });
  const unique = [...new Map(rows.map((row) => [row.replayId, row])).values()];
  await createReplays(deps.database, unique);
  await deps.replays.addBulk(pending.map((replayId) => ({ id: replayId, data: { v: 1, projectId, replayId } })));
}

/** A replay that could not be done says nothing of either prefix. */
function asPair(pair: SearchState['pairs'][number], outcomes: ReadonlyMap<string, ReplayOutcome>): ReplayedPair[] {
  const seed = outcomes.get(pair.seedReplayId);
  const candidate = outcomes.get(pair.candidateReplayId);
  if (seed?.status !== 'done' || candidate?.status !== 'done') return [];
  return [{ callId: pair.callId, seed, candidate }];
}
