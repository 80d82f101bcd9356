import { combineVotes, reliabilityWeight } from './panel-weights.ts';

/** What each member of a panel said of one labelled subject: right (1), wrong (-1), undecided (0), or between. */
export type LabelledVotes = readonly number[];

/** Shrinks stacked weights towards nothing; stacking on a few hundred labels over-fits without it. */
const RIDGE = 0.01;
const STEPS = 150;
const FOLDS = 5;

/**
 * Weights for a panel whose members judged the same labelled subjects. Log-odds take members for independent; stacking
 * sees who errs together; and where one judge is far better than all others, it alone is best. Whichever of the three
 * is right most often on parts that it was not fitted on is taken; ties go to the simpler one.
 *
 * @param rows one per labelled subject, each with a vote per member
 */
export function fitPanelWeights(rows: readonly LabelledVotes[]): readonly number[] {
  const ways = [bestAlone, logOdds, stacked];
  if (rows.length < FOLDS * 2) return logOdds(rows);
  const scored = ways.map((way) => ({ way, right: crossValidate(rows, way) }));
  const best = scored.reduce((first, second) => (second.right > first.right ? second : first));
  return best.way(rows);
}

type WayToFit = (rows: readonly LabelledVotes[]) => readonly number[];

function crossValidate(rows: readonly LabelledVotes[], way: WayToFit): number {
  let right = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const weights = way(rows.filter((_row, index) => index % FOLDS !== fold));
    for (const [index, row] of rows.entries()) if (index % FOLDS === fold) right += rightness(row, weights);
  }
  return right;
}

/** 1 for a panel that is right, 0 for one that is wrong, a half for one that cannot tell. */
export function rightness(row: LabelledVotes, weights: readonly number[]): number {
  const { lean } = combineVotes(row, weights);
  if (lean === null || Math.abs(lean) < Number.EPSILON) return 0.5;
  return lean > 0 ? 1 : 0;
}

function logOdds(rows: readonly LabelledVotes[]): readonly number[] {
  const weights = reliabilities(rows).map(reliabilityWeight);
  return weights.every((weight) => weight === 0) ? bestAlone(rows) : weights;
}

function bestAlone(rows: readonly LabelledVotes[]): readonly number[] {
  const right = reliabilities(rows).map((member) => member.right);
  const best = right.indexOf(Math.max(...right));
  return right.map((_count, member) => (member === best ? 1 : 0));
}

function reliabilities(rows: readonly LabelledVotes[]) {
  return (rows[0] ?? []).map((_vote, member) => ({
    right: rows.reduce((sum, row) => sum + ((row[member] ?? 0) + 1) / 2, 0),
    judged: rows.length,
  }));
}

/** Logistic regression with weights that are not negative, by accelerated projected gradient. */
function stacked(rows: readonly LabelledVotes[]): readonly number[] {
  const start = logOdds(rows);
  const kept = start.map((weight) => weight > 0);
  const step = 1 / (start.length / 4 + RIDGE);
  let weights: readonly number[] = start.map(() => 0);
  let point = weights;
  let momentum = 1;
  for (let round = 0; round < STEPS; round += 1) {
    const slope = gradientAt(rows, point);
    const next = point.map((weight, member) => (kept[member] ? Math.max(0, weight - step * (slope[member] ?? 0)) : 0));
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const before = weights;
    point = next.map((weight, member) => weight + ((momentum - 1) / nextMomentum) * (weight - (before[member] ?? 0)));
    weights = next;
    momentum = nextMomentum;
  }
  return weights.every((weight) => weight === 0) ? start : weights;
}

function gradientAt(rows: readonly LabelledVotes[], point: readonly number[]): readonly number[] {
  const gradient = point.map((weight) => RIDGE * weight);
  for (const row of rows) {
    const lean = row.reduce((sum, vote, member) => sum + vote * (point[member] ?? 0), 0);
    const miss = 1 / (1 + Math.exp(lean)) / rows.length;
    for (const [member, vote] of row.entries()) gradient[member] = (gradient[member] ?? 0) - vote * miss;
  }
  return gradient;
}
