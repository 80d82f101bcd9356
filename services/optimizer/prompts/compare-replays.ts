import * as z from 'zod';
import { createEProcess, eValueOf, logEValue, updateEProcess } from '../rollout/e-process.ts';

/** One stored call sent again with the seed prefix and with the candidate. */
export interface ReplayedPair {
  readonly callId: string;
  readonly seed: { readonly quality: number | null; readonly failed: readonly string[] };
  readonly candidate: { readonly quality: number | null; readonly failed: readonly string[] };
}

export const replayVerdictSchema = z.object({
  accepted: z.boolean(),
  reason: z.enum(['improved', 'new_failures', 'no_proof', 'too_few_replays']),
  pairs: z.number(),
  seedMean: z.number().nullable(),
  candidateMean: z.number().nullable(),
  eValue: z.number(),
  threshold: z.number(),
  /** Checks that fail with the candidate on calls where they held with the seed. */
  newFailures: z.array(z.object({ callId: z.string(), check: z.string() })),
});

export type ReplayVerdict = z.infer<typeof replayVerdictSchema>;

const PAIRS_MIN = 6;
/** Chance of ever accepting a candidate that is no better than its seed. */
const ALPHA = 0.05;

/**
 * Whether a candidate is better than the seed: the paired e-process must reject "no improvement", and no deterministic
 * check may fail that held before, because an average must not hide a new kind of failure.
 */
export function compareReplays(pairs: readonly ReplayedPair[]): ReplayVerdict {
  let process = createEProcess(0.5);
  let seedSum = 0;
  let candidateSum = 0;
  let compared = 0;
  for (const { seed, candidate } of pairs) {
    if (seed.quality === null) continue;
    // A candidate must not win by making the model stop doing what is measured.
    const quality = candidate.quality ?? 0;
    process = updateEProcess(process, (quality - seed.quality + 1) / 2);
    seedSum += seed.quality;
    candidateSum += quality;
    compared += 1;
  }
  const newFailures = pairs.flatMap(({ callId, seed, candidate }) =>
    candidate.failed.filter((check) => !seed.failed.includes(check)).map((check) => ({ callId, check })),
  );
  const proven = logEValue(process) >= -Math.log(ALPHA);
  const reason =
    compared < PAIRS_MIN
      ? 'too_few_replays'
      : newFailures.length > 0
        ? 'new_failures'
        : proven
          ? 'improved'
          : 'no_proof';
  return {
    accepted: reason === 'improved',
    reason,
    pairs: compared,
    seedMean: compared === 0 ? null : seedSum / compared,
    candidateMean: compared === 0 ? null : candidateSum / compared,
    eValue: eValueOf(logEValue(process)),
    threshold: 1 / ALPHA,
    newFailures,
  };
}
