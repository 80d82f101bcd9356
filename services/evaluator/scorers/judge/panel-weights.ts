/** How often a judge was right on labelled subjects. Undecided answers count half. */
export interface JudgeReliability {
  readonly right: number;
  readonly judged: number;
}

/** A judge on a panel says pass (1), fail (-1), something between, or nothing (null). */
export type PanelVote = number | null;

export interface PanelVerdict {
  /** Weighted mean of the votes, -1 (fail) to 1 (pass); null when nobody with a weight voted. */
  readonly lean: number | null;
  /** Share of the weight that speaks against the majority: 0 agreed, 0.5 split. */
  readonly disagreement: number;
}

/** Standard errors below the measured rate: few labels should not make an oracle. */
const CAUTION = 1;
const CHANCE = 0.5;

/**
 * Log-odds of the reliability that a judge has at least, or 0 for one that is not better than chance: a weak member
 * far below chance outvotes a good one in a plain majority.
 */
export function reliabilityWeight({ right, judged }: JudgeReliability): number {
  const rate = lowerBound(right, judged);
  return rate <= CHANCE ? 0 : Math.log(rate / (1 - rate));
}

/**
 * Weights of a panel. Members without labels are taken to be as good as the weakest measured one that is kept; when
 * nobody is measured all weigh the same.
 */
export function panelWeights(members: readonly (JudgeReliability | null)[]): readonly number[] {
  const measured = members.map((member) => (member === null || member.judged === 0 ? null : reliabilityWeight(member)));
  const kept = measured.filter((weight) => weight !== null && weight > 0) as number[];
  const unmeasured = kept.length === 0 ? 1 : Math.min(...kept);
  const weights = measured.map((weight) => weight ?? unmeasured);
  // Judges that are all no better than chance are still all there is; what they say is then worth the same.
  return weights.every((weight) => weight === 0) ? weights.map(() => 1) : weights;
}

/** The verdict of a panel. A member without a vote takes no part. */
export function combineVotes(votes: readonly PanelVote[], weights: readonly number[]): PanelVerdict {
  const cast = votes.flatMap((vote, index) => (vote === null ? [] : [{ vote, weight: weights[index] ?? 0 }]));
  const total = cast.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { lean: null, disagreement: 0 };
  const lean = cast.reduce((sum, { vote, weight }) => sum + vote * weight, 0) / total;
  const against = cast.reduce((sum, { vote, weight }) => sum + (vote * lean < 0 ? weight : 0), 0);
  return { lean, disagreement: lean === 0 ? CHANCE : against / total };
}

/** Wilson's lower bound of a rate. */
function lowerBound(right: number, judged: number): number {
  if (judged <= 0) return 0;
  const rate = right / judged;
  const square = CAUTION * CAUTION;
  const spread = CAUTION * Math.sqrt((rate * (1 - rate)) / judged + square / (4 * judged * judged));
  return (rate + square / (2 * judged) - spread) / (1 + square / judged);
}
