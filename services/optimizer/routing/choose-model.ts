import type { ModelAssessment } from './assess-models.ts';

/** A change must save at least this share of the cost, or two models of one price would take turns every night. */
const SAVING_MIN = 0.02;

/** Why a route's model for a turn shape stays or changes. */
export type RoutingReason =
  | 'cheaper_proven'
  | 'current_below_bar'
  | 'cheapest_proven_is_served'
  | 'nothing_proven'
  | 'current_undecided_and_cheaper'
  | 'current_cost_unknown'
  | 'no_sessions';

export interface ModelDecision {
  /** The model that the route should serve. */
  readonly model: string;
  readonly reason: RoutingReason;
}

/**
 * The cheapest proven model, or the current one. What is served stays while nothing is proven, while it is undecided and
 * no dearer than what is proven, and while its cost is unknown; it goes when it is disproven and something is proven.
 *
 * @param assessments cheapest first
 */
export function chooseModel(current: string, assessments: readonly ModelAssessment[]): ModelDecision {
  const keep = (reason: RoutingReason): ModelDecision => ({ model: current, reason });
  if (assessments.every((assessment) => assessment.sessions === 0)) return keep('no_sessions');
  const best = assessments.find((each) => each.verdict === 'proven' && each.expectedCostUsd !== null);
  if (best === undefined) return keep('nothing_proven');
  if (best.model === current) return keep('cheapest_proven_is_served');
  const served = assessments.find((assessment) => assessment.model === current);
  if (served?.verdict === 'disproven') return { model: best.model, reason: 'current_below_bar' };
  if (served === undefined || served.expectedCostUsd === null || best.expectedCostUsd === null) {
    return keep('current_cost_unknown');
  }
  if (best.expectedCostUsd <= served.expectedCostUsd * (1 - SAVING_MIN)) {
    return { model: best.model, reason: 'cheaper_proven' };
  }
  return keep(served.verdict === 'proven' ? 'cheapest_proven_is_served' : 'current_undecided_and_cheaper');
}

/**
 * The model that deserves the exploration slice: the cheapest that is neither decided nor served and would be a saving.
 * One at a time, because a slice divided among several proves none of them.
 *
 * @param prices plain list price per model, for telling cheaper from dearer before there is any traffic
 */
export function chooseExploration(
  served: string,
  assessments: readonly ModelAssessment[],
  prices: ReadonlyMap<string, number>,
): string | null {
  const servedPrice = prices.get(served);
  if (servedPrice === undefined) return null;
  const open = assessments
    .filter((assessment) => assessment.model !== served && assessment.verdict === 'undecided')
    .flatMap((assessment) => {
      const price = prices.get(assessment.model);
      return price === undefined || price >= servedPrice ? [] : [{ model: assessment.model, price }];
    })
    .sort((left, right) => left.price - right.price || (left.model < right.model ? -1 : 1));
  return open[0]?.model ?? null;
}
