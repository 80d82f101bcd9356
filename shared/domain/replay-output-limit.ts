/** An answer that is this many times longer than the stored one has run away, and is cut. */
const TIMES_STORED = 4;
/** Room for answers to calls whose stored answer was short. */
const TOKENS_MIN = 2_000;
/** Room that a request with a budget for thinking leaves for its answer. */
const BEYOND_THINKING = 1_024;

/**
 * Output tokens that a replay may take: a search that sets money aside before it spends must know what one replay costs
 * at most, and what clients allow an answer to be is a hundred times what answers are.
 *
 * @param maxTokens of the request; null where it names none
 */
export function replayOutputLimit(
  storedOutputTokens: number,
  maxTokens: number | null,
  thinkingTokens: number | null = null,
): number {
  const generous = Math.max(TOKENS_MIN, TIMES_STORED * storedOutputTokens);
  const needed = thinkingTokens === null ? generous : Math.max(generous, thinkingTokens + BEYOND_THINKING);
  return maxTokens === null ? needed : Math.min(maxTokens, needed);
}
