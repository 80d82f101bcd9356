import type { RoutingPhase } from './routing-state.ts';

/** A change must save at least this share of the cost, or two models of one price would take turns every night. */
const SAVING_MIN = 0.02;

/** Why a route's model for a turn shape stays or changes. */
export type RoutingReason =
  | 'cheaper_proven'
  | 'current_below_bar'
  | 'best_known_while_none_proven'
  | 'cheapest_proven_is_served'
  | 'nothing_proven'
  | 'current_undecided_and_cheaper'
  | 'current_cost_unknown'
  | 'no_sessions';

/** A model in one turn shape, as far as the choice among models depends on it. */
export interface ModelStanding {
  readonly model: string;
  readonly phase: RoutingPhase;
  /** Whether a model below the bar has waited out its back-off. */
  readonly due: boolean;
  /** Whether it was ever proven in the shape. */
  readonly wasProven: boolean;
  /** Whether it fell, and has since come back in another shape. */
  readonly roseElsewhere: boolean;
  /** How often in a row it was found below the bar. */
  readonly setbacks: number;
  /** Log of the wealth of those who bet that it is at the bar. */
  readonly logAbove: number;
  /** Quality as far as is known, 0 to 1. */
  readonly believed: number;
  /** Recent sessions that the belief rests on. */
  readonly recentSessions: number;
  /** Null without a price or any traffic. */
  readonly expectedCostUsd: number | null;
}

export interface ModelDecision {
  /** The model that the route should serve. */
  readonly model: string;
  readonly reason: RoutingReason;
}

/**
 * The cheapest proven model, or the current one. What is served stays while nothing is proven, while it is undecided and
 * no dearer than what is proven, and while its cost is unknown; it goes when it is below the bar, to a proven one or
 * else to the best that is known.
 *
 * @param standings cheapest first
 */
export function chooseModel(current: string, standings: readonly ModelStanding[]): ModelDecision {
  const keep = (reason: RoutingReason): ModelDecision => ({ model: current, reason });
  if (standings.every((standing) => standing.recentSessions === 0)) return keep('no_sessions');
  const served = standings.find((standing) => standing.model === current);
  const proven = standings.find((each) => each.phase === 'proven' && each.expectedCostUsd !== null);
  if (proven === undefined) return served?.phase === 'below' ? bestKnown(served, standings) : keep('nothing_proven');
  if (proven.model === current) return keep('cheapest_proven_is_served');
  if (served?.phase === 'below') return { model: proven.model, reason: 'current_below_bar' };
  if (served === undefined || served.expectedCostUsd === null || proven.expectedCostUsd === null) {
    return keep('current_cost_unknown');
  }
  if (proven.expectedCostUsd <= served.expectedCostUsd * (1 - SAVING_MIN)) {
    return { model: proven.model, reason: 'cheaper_proven' };
  }
  return keep(served.phase === 'proven' ? 'cheapest_proven_is_served' : 'current_undecided_and_cheaper');
}

/** With nothing proven, a model that was found below the bar leaves for one that is at least believed to be better. */
function bestKnown(served: ModelStanding, standings: readonly ModelStanding[]): ModelDecision {
  const best = standings.reduce((better, each) => (believedBetter(each, better) ? each : better), served);
  return best === served
    ? { model: served.model, reason: 'nothing_proven' }
    : { model: best.model, reason: 'best_known_while_none_proven' };
}

function believedBetter(left: ModelStanding, right: ModelStanding): boolean {
  return left.recentSessions > 0 && left.believed > right.believed;
}
