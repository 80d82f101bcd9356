/** How often a judge is asked again about the same thing. All but the limits is fitted on repeated scores of a judge. */
export interface RepeatRule {
  /** Standard errors by which a lead has to be clear of what it is held against, for the drawing to end. */
  readonly separation: number;
  /**
   * Variance of one draw around a judge's own mean, in squared units of the score, before anything is drawn. Few draws
   * that happen to agree would otherwise look certain.
   */
  readonly noiseVariance: number;
  /** How many draws the variance above counts for against the ones seen. */
  readonly noiseDraws: number;
  readonly drawsMin: number;
  readonly drawsMax: number;
}

/** Judgements in quarters: one step up or down is what a judge that is asked again commonly moves by. */
export const VERDICT_REPEAT_RULE: RepeatRule = {
  separation: 1,
  noiseVariance: 0.0625,
  noiseDraws: 2,
  drawsMin: 2,
  drawsMax: 3,
};

/**
 * Whether one subject should be judged again: as long as the mean of its scores is not clear of the bar that decides.
 *
 * @param scores drawn so far, in the order in which they came
 * @param bar the value that divides pass from fail
 */
export function drawsAgain(scores: readonly number[], bar: number, rule: RepeatRule): boolean {
  if (scores.length < rule.drawsMin) return true;
  if (scores.length >= rule.drawsMax) return false;
  const { mean, errorVariance } = summarise(scores, rule);
  return Math.abs(mean - bar) < rule.separation * Math.sqrt(errorVariance);
}

/**
 * Which of several candidates that are compared should be scored once more: the leader and whoever is not clearly
 * behind it. A candidate that is out costs nothing more.
 *
 * @param scores of each candidate so far
 * @returns indices of candidates, empty when the comparison is over
 */
export function candidatesToDraw(scores: readonly (readonly number[])[], rule: RepeatRule): readonly number[] {
  const short = indicesOf(scores, (drawn) => drawn.length < rule.drawsMin);
  if (short.length > 0) return short;
  const summaries = scores.map((drawn) => summarise(drawn, rule));
  const leader = summaries.reduce((best, summary, index) => (summary.mean > meanAt(summaries, best) ? index : best), 0);
  const lead = summaries[leader];
  if (lead === undefined) return [];
  const open = indicesOf(summaries, (summary, index) => {
    const margin = rule.separation * Math.sqrt(lead.errorVariance + summary.errorVariance);
    return index !== leader && lead.mean - summary.mean < margin;
  });
  if (open.length === 0) return [];
  const undecided = new Set([leader, ...open]);
  return indicesOf(scores, (drawn, index) => undecided.has(index) && drawn.length < rule.drawsMax);
}

interface Summary {
  readonly mean: number;
  /** Of the mean, not of one draw. */
  readonly errorVariance: number;
}

function summarise(scores: readonly number[], rule: RepeatRule): Summary {
  const count = Math.max(1, scores.length);
  const mean = scores.reduce((sum, score) => sum + score, 0) / count;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const variance = (rule.noiseVariance * rule.noiseDraws + squares) / (rule.noiseDraws + count - 1);
  return { mean, errorVariance: variance / count };
}

function meanAt(summaries: readonly Summary[], index: number): number {
  return summaries[index]?.mean ?? Number.NEGATIVE_INFINITY;
}

function indicesOf<Item>(items: readonly Item[], isWanted: (item: Item, index: number) => boolean): readonly number[] {
  return items.flatMap((item, index) => (isWanted(item, index) ? [index] : []));
}
