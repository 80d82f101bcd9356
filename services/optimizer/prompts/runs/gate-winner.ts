import { checkCandidate, type TrafficIndex } from '../check-candidate.ts';
import { findNewFailures, type NewFailure, type ReplayedRow } from '../compare-replays.ts';
import { PREFIX_COMPONENT, type Prompt } from '../contract/prompt.ts';
import type { PromptSearchResult } from '../contract/search-result.ts';
import { type PrefixPrice, pricePrefix } from '../replay/price-prefix.ts';
import { prefixText, type SearchRow } from './build-task.ts';
import type { ReplayEvaluator } from './replay-evaluator.ts';
import type { RunResult } from './run-result.ts';
import type { RunSettings } from './run-settings.ts';

export interface GateDeps {
  readonly evaluator: Pick<ReplayEvaluator, 'replay'>;
  readonly traffic: TrafficIndex;
}

/** Further replays of a call on which something seems to break, with either prefix. */
const CONFIRMING_SAMPLES = [1, 2];

/**
 * What stands between the best candidate of a search and a policy: proof on rows that the search never saw, no check that
 * holds now and fails with it, a price that it is worth, and the rules for texts that go into other people's prompts.
 */
export async function gateWinner(
  deps: GateDeps,
  settings: RunSettings,
  rows: readonly SearchRow[],
  seed: Prompt,
  found: PromptSearchResult,
): Promise<RunResult> {
  const { verdict } = found;
  const winner = found.history.find((entry) => entry.id === found.winnerId);
  const facts = {
    confidence: 1 - settings.alpha,
    seed: { mean: verdict.seed.mean, rows: verdict.seed.count },
    candidate: { mean: verdict.winner.mean, rows: verdict.winner.count },
    difference: verdict.difference,
    ...{ stop: found.stop, spent: found.spent, candidates: found.history.length, refused: found.refusals.length },
    ...{ cached: found.counts.cached, errors: found.counts.errors },
  };
  const no = (reason: string, more: { newFailures?: NewFailure[]; price?: PrefixPrice } = {}): RunResult => ({
    ...{ accepted: false, reason, ...facts, newFailures: more.newFailures ?? [], price: more.price ?? null },
  });
  if (winner === undefined || winner.index === 0) return no(nothingFound(found));
  const text = prefixText(winner.prompt);
  const problem = checkCandidate(text, deps.traffic);
  if (problem !== null) return no(`candidate_${problem}`);
  const texts = { seed: seed[PREFIX_COMPONENT] ?? '', candidate: text };
  const price = pricePrefix(
    texts,
    rows.map((row) => row.facts),
    settings.price,
    settings.callsPerHour,
  );
  const newFailures = await confirmNewFailures(deps, rows, seed, winner.prompt);
  if (newFailures.length > 0) return no('new_failures', { newFailures, price });
  if (!verdict.proven) return no('no_proof', { price });
  if (price.shareOfCall > settings.prefixCostMax) return no('too_dear', { price });
  return { accepted: true, reason: 'improved', ...facts, newFailures, price };
}

/** A search whose teacher never gave anything usable has failed in another way than one that found nothing better. */
function nothingFound(found: PromptSearchResult): string {
  if (found.stop === 'no_signal') return 'replays_failed';
  if (found.history.length > 1) return 'no_better_candidate';
  const [refusal] = found.refusals;
  return refusal === undefined ? 'teacher_failed' : `candidate_${refusal.reason}`;
}

/**
 * Checks that fail with the candidate where they hold with the present prefix, on every row by which candidates were
 * chosen or judged. What seems to break is replayed twice more with both: models do not answer the same every time.
 */
async function confirmNewFailures(
  deps: GateDeps,
  rows: readonly SearchRow[],
  seed: Prompt,
  winner: Prompt,
): Promise<NewFailure[]> {
  const looked = rows.filter((row) => row.split !== 'propose');
  const failedOf = async (prompt: Prompt, rowId: string, sample: number): Promise<readonly string[] | null> => {
    const replay = await deps.evaluator.replay({ prompt, rowId, sample });
    if (replay?.status !== 'done' || replay.result === null) return null;
    return replay.result.failures.filter((failure) => failure.owner === 'provider').map((failure) => failure.scorer);
  };
  const compare = async ({ callId }: SearchRow): Promise<NewFailure[]> => {
    const first = await failedOf(winner, callId, 0);
    if (first === null || first.length === 0) return [];
    const before = await failedOf(seed, callId, 0);
    if (before === null) return [];
    const once: ReplayedRow = { callId, seed: [before], candidate: [first] };
    if (findNewFailures([once]).length === 0) return [];
    const more = await Promise.all(
      CONFIRMING_SAMPLES.map(async (sample) => ({
        seed: await failedOf(seed, callId, sample),
        candidate: await failedOf(winner, callId, sample),
      })),
    );
    const known = (failed: readonly (readonly string[] | null)[]) => failed.filter((each) => each !== null);
    return findNewFailures([
      {
        callId,
        seed: [before, ...known(more.map((each) => each.seed))],
        candidate: [first, ...known(more.map((each) => each.candidate))],
      },
    ]);
  };
  return (await Promise.all(looked.map(compare))).flat();
}
