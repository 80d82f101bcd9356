/** One thing to choose. Values are numbers: the index of a choice, or the number itself. */
export type Parameter =
  | { readonly kind: 'categorical'; readonly choices: number }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number }
  | { readonly kind: 'real'; readonly low: number; readonly high: number; readonly log?: boolean };

/** Parameters by name; every trial chooses all of them. */
export type SearchSpace = Readonly<Record<string, Parameter>>;

export type Choice = Readonly<Record<string, number>>;

/** One choice that was tried. `running` and `failed` ones have no score; a failure is no score of zero. */
export interface Trial {
  readonly choice: Choice;
  readonly state: 'complete' | 'running' | 'failed';
  /** Higher is better; null unless complete. */
  readonly score: number | null;
}
