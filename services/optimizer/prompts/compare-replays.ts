/** The checks that failed in each replay of one stored call, with the present prefix and with the candidate. */
export interface ReplayedRow {
  readonly callId: string;
  readonly seed: readonly (readonly string[])[];
  readonly candidate: readonly (readonly string[])[];
}

/** A check that fails with the candidate on a call where it held with the present prefix. */
export interface NewFailure {
  readonly callId: string;
  readonly check: string;
}

/**
 * What the candidate breaks: a check that fails in most of its replays of a call and in no more than half of the present
 * prefix's. An average must not hide a new kind of failure, and one unlucky answer of a model is none.
 */
export function findNewFailures(rows: readonly ReplayedRow[]): NewFailure[] {
  return rows.flatMap(({ callId, seed, candidate }) =>
    [...new Set(candidate.flat())]
      .filter((check) => shareOf(candidate, check) > 0.5 && shareOf(seed, check) <= 0.5)
      .map((check) => ({ callId, check })),
  );
}

function shareOf(replays: readonly (readonly string[])[], check: string): number {
  if (replays.length === 0) return 0;
  return replays.filter((failed) => failed.includes(check)).length / replays.length;
}
