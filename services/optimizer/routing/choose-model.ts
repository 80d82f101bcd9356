import { normalTail } from '../clustering/normal-tail.ts';
import type { RoutingPhase } from './routing-state.ts';

/** A change must save at least this share of the cost, or two models of one price would take turns every night. */
const SAVING_MIN = 0.02;
/**
 * What a unit of quality short of the bar costs in a session, in sessions on the dearest model: a point under the bar is
 * as bad as three hundredths of the top price.
 */
export const SHORTFALL_PRICE = 3;
/** A proven model is left for a dearer one that loses less by this share of its cost, or beliefs would make weights flap. */
const GAIN_MIN = 0.1;

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
  /** Standard error of the belief. */
  readonly believedError: number;
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
 * The proven model of the smallest expected loss, or the current one. What is served stays while nothing is proven, while
 * it is undecided and no dearer than what is proven, and while its cost is unknown; it goes when it is below the bar, to
 * a proven one or else to the best that is known.
 *
 * @param standings cheapest first
 * @param standard quality that is asked for, before the tolerance of proofs
 */
export function chooseModel(current: string, standings: readonly ModelStanding[], standard: number): ModelDecision {
  const keep = (reason: RoutingReason): ModelDecision => ({ model: current, reason });
  if (standings.every((standing) => standing.recentSessions === 0)) return keep('no_sessions');
  const served = standings.find((standing) => standing.model === current);
  const proven = standings.filter((each) => each.phase === 'proven' && each.expectedCostUsd !== null);
  const losses = expectedLosses(standings, standard, isCandidate);
  const best = proven.reduce<ModelStanding | undefined>(
    (better, each) => (better === undefined || lossOf(losses, each) < lossOf(losses, better) ? each : better),
    undefined,
  );
  if (best === undefined)
    return served?.phase === 'below' ? bestKnown(served, standings, standard) : keep('nothing_proven');
  if (best.model === current) return keep('cheapest_proven_is_served');
  if (served?.phase === 'below') return { model: best.model, reason: 'current_below_bar' };
  if (served === undefined || served.expectedCostUsd === null || best.expectedCostUsd === null) {
    return keep('current_cost_unknown');
  }
  const cheaper = best.expectedCostUsd <= served.expectedCostUsd * (1 - SAVING_MIN);
  if (served.phase !== 'proven') {
    return cheaper ? { model: best.model, reason: 'cheaper_proven' } : keep('current_undecided_and_cheaper');
  }
  const gainMin = (cheaper ? SAVING_MIN : GAIN_MIN) * served.expectedCostUsd;
  if (lossOf(losses, best) > lossOf(losses, served) - gainMin) {
    return keep('cheapest_proven_is_served');
  }
  return { model: best.model, reason: cheaper ? 'cheaper_proven' : 'current_below_bar' };
}

/** Whether a model may be given weight by its expected loss: it is proven, or on its way to a proof. */
export function isCandidate({ phase }: ModelStanding): boolean {
  return phase === 'proven' || phase === 'returning';
}

function lossOf(losses: ReadonlyMap<string, number>, standing: ModelStanding): number {
  return losses.get(standing.model) ?? Number.POSITIVE_INFINITY;
}

/**
 * What a session on each model that may serve is expected to lose, in USD: its cost above that of the cheapest of them
 * that is truly up to the standard, and the price of the quality that it may be short of it. A proof leaves a model the
 * tolerance, which is cheap to use where the next model is much dearer, and dear where it costs hardly more. What is
 * saved by serving below the standard is not counted: the bar is no price.
 *
 * @param standings cheapest first
 */
export function expectedLosses(
  standings: readonly ModelStanding[],
  standard: number,
  mayServe: (standing: ModelStanding) => boolean,
): Map<string, number> {
  const top = Math.max(0, ...standings.map((each) => each.expectedCostUsd ?? 0));
  const losses = new Map<string, number>();
  let noneCheaper = 1;
  let excess = 0;
  let before = 0;
  for (const each of standings) {
    if (each.expectedCostUsd === null || !mayServe(each)) continue;
    const cost = each.expectedCostUsd;
    // `excess` is the expected cost above the cheapest at the standard, of which all before this one are cheaper.
    excess += (1 - noneCheaper) * (cost - before);
    before = cost;
    losses.set(each.model, excess + SHORTFALL_PRICE * top * expectedShortfall(each, standard));
    // Not the product: of many models that are hardly likely each, one is not likely to be worth waiting for.
    noneCheaper = Math.min(noneCheaper, 1 - chanceOfStandard(each, standard));
  }
  return losses;
}

function chanceOfStandard({ believed, believedError }: ModelStanding, standard: number): number {
  return normalTail((standard - believed) / believedError);
}

/** Mean of what a normal belief lies below the standard. */
function expectedShortfall({ believed, believedError }: ModelStanding, standard: number): number {
  const distance = (standard - believed) / believedError;
  const density = Math.exp(-(distance ** 2) / 2) / Math.sqrt(2 * Math.PI);
  return believedError * (density + distance * normalTail(-distance));
}

/** With nothing proven, a model that was found below the bar leaves for the one that is believed to lose least. */
function bestKnown(served: ModelStanding, standings: readonly ModelStanding[], standard: number): ModelDecision {
  const losses = expectedLosses(standings, standard, (each) => each.recentSessions > 0);
  const gainMin = GAIN_MIN * (served.expectedCostUsd ?? 0);
  const least = lossOf(losses, served) - gainMin;
  const better = standings.filter((each) => lossOf(losses, each) < least);
  const best = better.reduce((one, each) => (lossOf(losses, each) < lossOf(losses, one) ? each : one), served);
  return best === served
    ? { model: served.model, reason: 'nothing_proven' }
    : { model: best.model, reason: 'best_known_while_none_proven' };
}
