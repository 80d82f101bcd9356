import { type PolicyRoute, type PolicyTarget, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { chooseExploration } from './choose-exploration.ts';
import { chooseModel, expectedLosses, isCandidate, type ModelStanding, type RoutingReason } from './choose-model.ts';
import { moveWeight } from './move-weight.ts';

export interface RoutePlanRules {
  /** The most that moves in one step, as a share of one. */
  readonly weightStepMax: number;
  /** The most that explored models get of the shape's sessions together. */
  readonly exploration: number;
  /** Exploration while cheaper models are undecided that have never been decided here; 0 in production. */
  readonly bootstrapShare: number;
  /** Quality that is asked for, of which a proof leaves the tolerance. */
  readonly standard: number;
  readonly isHeldBack: (model: string) => boolean;
}

export interface RoutePlan {
  readonly targets: readonly PolicyTarget[];
  readonly exploration: PolicyRoute['exploration'];
  readonly chosenModel: string;
  readonly reason: RoutingReason;
}

/**
 * Weight of a model on its way back: while it is expected to lose less than what is proven, and before, when it is worth
 * finding out soon. The rest keeps the way open.
 */
const RETURNING_SHARE = { surer: 0.9, trial: 0.5 } as const;
/** A model that was found below the bar more often than this in a row is tried without its prefix, which may be why. */
const SETBACKS_WITH_PREFIX_MAX = 20;
/** A bootstrap explores several models at once, because its slice is large; otherwise one is proven after another. */
const BOOTSTRAP_MODELS = 3;

/**
 * What a route should serve one shape next: one step of weight towards the proven model of least expected loss, with a
 * part for a cheaper one that is on its way back, everything away from models found below the bar, and the exploration
 * slice for what would save most.
 *
 * @param standings cheapest first
 */
export function planRoute(
  current: readonly PolicyTarget[],
  standings: readonly ModelStanding[],
  rules: RoutePlanRules,
): RoutePlan {
  const { model, reason } = chooseModel(servedModel(current, standings), standings, rules.standard);
  const returning = cheapestReturning(model, standings);
  const aim = new Map([[model, WEIGHT_TOTAL]]);
  if (returning !== null) {
    const losses = expectedLosses(standings, rules.standard, isCandidate);
    const surer = (losses.get(returning.model) ?? 0) <= (losses.get(model) ?? Number.POSITIVE_INFINITY);
    const share = Math.round(WEIGHT_TOTAL * (surer ? RETURNING_SHARE.surer : RETURNING_SHARE.trial));
    aim.set(model, WEIGHT_TOTAL - share);
    aim.set(returning.model, share);
  }
  const dropped = new Set(standings.filter((each) => each.phase === 'below').map((each) => each.model));
  const stepMax = Math.max(1, Math.round(rules.weightStepMax * WEIGHT_TOTAL));
  const keeps = reason === 'no_sessions' || (reason === 'nothing_proven' && returning === null);
  const suspect = new Set(
    standings.filter((each) => each.wasProven && each.setbacks > SETBACKS_WITH_PREFIX_MAX).map((each) => each.model),
  );
  const moved = keeps ? current : moveWeight(current, { aim, dropped, stepMax });
  return {
    targets: moved.filter((target) => target.weight > 0 || !suspect.has(target.model)),
    // What the route serves now is seen enough, also while its weight moves away.
    exploration: planExploration(model, [mainModel(current), returning?.model], standings, rules),
    chosenModel: model,
    reason,
  };
}

/** What the route serves apart from models on their way back, whose part is a trial however large it has become. */
function servedModel(current: readonly PolicyTarget[], standings: readonly ModelStanding[]): string {
  const onTrial = (model: string) => standings.some((each) => each.model === model && each.phase === 'returning');
  const settled = current.filter((target) => target.weight > 0 && !onTrial(target.model));
  return mainModel(settled.length > 0 ? settled : current);
}

/** The model of the largest weight. */
export function mainModel(targets: readonly PolicyTarget[]): string {
  const sums = new Map<string, number>();
  for (const target of targets) sums.set(target.model, (sums.get(target.model) ?? 0) + target.weight);
  return [...sums].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', -1] as const)[0];
}

function cheapestReturning(served: string, standings: readonly ModelStanding[]): ModelStanding | null {
  const cost = standings.find((each) => each.model === served)?.expectedCostUsd ?? null;
  const found = standings.find((each) => each.phase === 'returning' && each.model !== served);
  if (found === undefined || cost === null || found.expectedCostUsd === null) return null;
  return found.expectedCostUsd < cost ? found : null;
}

function planExploration(
  served: string,
  seen: readonly (string | undefined)[],
  standings: readonly ModelStanding[],
  rules: RoutePlanRules,
): PolicyRoute['exploration'] {
  const cost = standings.find((each) => each.model === served)?.expectedCostUsd ?? null;
  const nothingProven =
    standings.every((each) => each.phase !== 'proven') &&
    standings.some((each) => each.model === served && each.phase === 'below');
  const { standard, isHeldBack } = rules;
  const question = { servedCostUsd: cost, nothingProven, standard, isHeldBack };
  const undecided = standings.filter((each) => each.phase === 'open' && !each.wasProven);
  const wanted = chooseExploration(served, standings, { ...question, modelsMax: BOOTSTRAP_MODELS });
  const fresh = wanted.filter((model) => undecided.some((each) => each.model === model));
  const bootstraps = rules.bootstrapShare > rules.exploration && fresh.length > 0;
  const models = (bootstraps ? fresh : wanted).filter((model) => !seen.includes(model)).slice(0, bootstraps ? 3 : 1);
  const total = Math.round((bootstraps ? rules.bootstrapShare : rules.exploration) * WEIGHT_TOTAL);
  const share = Math.floor(total / Math.max(1, models.length));
  return share === 0 ? [] : models.map((model) => ({ model, share }));
}
