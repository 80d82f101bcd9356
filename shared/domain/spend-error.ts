/** What the rollouts before this one, in the same quarter of a year, leave it. */
export interface RolloutPlace {
  /** 1 for the first rollout of the quarter. */
  readonly place: number;
  readonly rolledBack: number;
  readonly promoted: number;
}

/**
 * Error rate of one of many tests, so that of all that reject, at most a share alpha is expected to do so wrongly,
 * however many follow one another and however they depend on each other: e-LOND (Xu and Ramdas 2024, "Online multiple
 * testing with e-values"), with the shares 6 / (pi j)^2, which sum to one. Every rejection so far earns the next tests as
 * much again; no test gets more than alpha itself.
 *
 * @param place 1 for the first test
 * @param rejected how many of the tests before it rejected
 */
export function spentAlpha(alpha: number, place: number, rejected: number): number {
  const share = 6 / (Math.PI * place) ** 2;
  return Math.min(alpha, alpha * share * (rejected + 1));
}

/** The settings of a rollout at its place among the others. */
export function withSpentError<Settings extends { readonly alphaRollBack: number; readonly alphaPromote: number }>(
  settings: Settings,
  { place, rolledBack, promoted }: RolloutPlace,
): Settings & { readonly place: number } {
  return {
    ...settings,
    place,
    alphaRollBack: spentAlpha(settings.alphaRollBack, place, rolledBack),
    alphaPromote: spentAlpha(settings.alphaPromote, place, promoted),
  };
}
