/** One mined template: words, some of which are the wildcard. */
export interface DrainGroup {
  /** Stays the same when words become wildcards later. */
  readonly id: number;
  readonly words: readonly string[];
  readonly count: number;
}

/** All that mining knows; JSON, so that it can be stored and taken up again. */
export interface DrainState {
  readonly groups: readonly DrainGroup[];
  readonly options: DrainOptions;
}

export interface DrainOptions {
  /** Share of equal words from which a line belongs to a group. */
  readonly similarity: number;
  /** Leading words that must be equal, as in the levels of Drain's tree. */
  readonly depth: number;
  /** Beyond this, lines that fit nowhere make no new groups; they stand for themselves. */
  readonly groupsMax: number;
}

export const DRAIN_WILDCARD = '<*>';

export const DRAIN_DEFAULTS: DrainOptions = { similarity: 0.7, depth: 2, groupsMax: 5_000 };

export function emptyDrain(options: Partial<DrainOptions> = {}): DrainState {
  return { groups: [], options: { ...DRAIN_DEFAULTS, ...options } };
}
