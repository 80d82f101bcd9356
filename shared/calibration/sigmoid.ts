/** Beyond these log-odds a probability is as good as certain, and its logarithm is no longer a number to work with. */
const LOG_ODDS_MAX = 13;

/** The probability that has these log-odds. */
export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** Log-odds of a probability, held where a certain one would be infinite. */
export function boundedLogit(probability: number): number {
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  return Math.min(LOG_ODDS_MAX, Math.max(-LOG_ODDS_MAX, logOdds));
}
