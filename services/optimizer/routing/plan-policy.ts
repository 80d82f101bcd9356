import type { Governance } from '#shared/domain/governance.ts';
import type { PolicyBody, PolicyRoute } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { matchesPattern } from '#shared/routing/match-route.ts';
import { assessModels, qualityRulesOf } from './assess-models.ts';
import type { ModelStanding, RoutingReason } from './choose-model.ts';
import { withoutModels } from './move-weight.ts';
import { mainModel, planRoute } from './plan-route.ts';
import { standardOf } from './required-quality.ts';
import type { RoutingCell } from './routing-cell.ts';
import type { RoutingState } from './routing-state.ts';
import { isHeldBack } from './shape-risk.ts';
import { weighBackOffs } from './weigh-back-offs.ts';

export interface PlanPolicyInput {
  readonly current: PolicyBody;
  readonly governance: Governance;
  readonly state: RoutingState;
  readonly cells: readonly Pick<RoutingCell, 'turnShape' | 'model' | 'tokens'>[];
}

/** What was decided for one route in one shape, and from what. */
export interface RouteDecision {
  readonly routeId: string;
  /** Null for a route over all shapes, of which only exploration is decided. */
  readonly turnShape: string | null;
  readonly currentModel: string;
  readonly chosenModel: string;
  readonly exploredModels: readonly string[];
  readonly reason: RoutingReason;
  readonly standings: readonly ModelStanding[];
}

export interface PolicyPlan {
  readonly body: PolicyBody;
  readonly decisions: readonly RouteDecision[];
}

/**
 * The policy that routing should move to: per turn shape one step towards the proven allow-listed model of least expected
 * loss, with the exploration slice for what would save most. Routes that a person made for a developer, repository,
 * project or flag, and those from a model's own id to that model, are left as they are, but for models that left the
 * allow-list, which leave every route at once.
 */
export function planPolicy(input: PlanPolicyInput): PolicyPlan {
  const { governance, current } = input;
  const safeDefault = allowedSafeDefault(input);
  const decisions: RouteDecision[] = [];
  const routes = current.routes.flatMap((original) => {
    const route = allowedRoute(original, governance, safeDefault);
    if (isHuman(route) || isDirect(route)) return [route];
    const decided = shapesOf(route, input).map((shape) => decideRoute(route, shape, input, safeDefault));
    decisions.push(...decided.map((each) => each.decision));
    return specialised(
      route,
      decided.map((each) => each.route),
    );
  });
  return { body: { schema: 1, turnShapeVersion: TURN_SHAPE_VERSION, routes, safeDefault }, decisions };
}

/** The route as it should be for one shape, or (shape null) for all those that have no route of their own. */
function decideRoute(
  route: PolicyRoute,
  turnShape: string | null,
  input: PlanPolicyInput,
  safeDefault: string,
): { readonly route: PolicyRoute; readonly decision: RouteDecision } {
  const { governance, state, cells } = input;
  const { weightStepMax, exploration, bootstrapShare } = governance;
  const rules = qualityRulesOf(governance);
  const fallbackModel = route.fallbacks[0] ?? safeDefault;
  const currentModel = mainModel(route.targets);
  const assessed = assessModels({ governance, state, cells, turnShape, fallbackModel });
  const standings =
    turnShape === null
      ? assessed
      : weighBackOffs(assessed, { state, turnShape, served: currentModel, qualityBar: rules.qualityBar });
  const standard = turnShape === null ? rules.qualityBar : standardOf(state, turnShape, rules);
  const plan = planRoute(route.targets, standings, {
    ...{ weightStepMax, exploration, bootstrapShare },
    standard,
    isHeldBack: (model) => turnShape !== null && isHeldBack(state, turnShape, model),
  });
  return {
    route: {
      ...route,
      id: idFor(route, turnShape),
      match: turnShape === null ? route.match : { ...route.match, turnShape },
      targets: turnShape === null ? route.targets : [...plan.targets],
      exploration: [...plan.exploration],
    },
    decision: {
      routeId: route.id,
      turnShape,
      currentModel,
      chosenModel: turnShape === null ? currentModel : plan.chosenModel,
      exploredModels: plan.exploration.map((explored) => explored.model),
      reason: plan.reason,
      standings,
    },
  };
}

/**
 * The shapes a route is decided for. A route with one exact shape has that one; any other has each shape with traffic
 * that it would be the first to take, and null for the rest.
 */
function shapesOf(route: PolicyRoute, input: PlanPolicyInput): (string | null)[] {
  const pattern = route.match.turnShape ?? '*';
  if (!pattern.includes('*')) return [pattern];
  const siblings = input.current.routes.filter(
    (other) => other.id !== route.id && sameButShape(other, route) && other.match.turnShape !== undefined,
  );
  const own = Object.keys(input.state.shapes).filter(
    (shape) => matchesPattern(pattern, shape) && !siblings.some((other) => other.match.turnShape === shape),
  );
  return [...own.sort(), null];
}

/** The decided routes that differ from the general one, before it; the general one last. */
function specialised(route: PolicyRoute, decided: readonly PolicyRoute[]): PolicyRoute[] {
  const general = decided.at(-1) ?? route;
  const special = decided.slice(0, -1).filter((each) => !servesAlike(each, general));
  return [...special, general];
}

function servesAlike(left: PolicyRoute, right: PolicyRoute): boolean {
  return JSON.stringify([left.targets, left.exploration]) === JSON.stringify([right.targets, right.exploration]);
}

function sameButShape(left: PolicyRoute, right: PolicyRoute): boolean {
  return (
    !isHuman(left) && left.match.requestModel === right.match.requestModel && left.match.flagged === right.match.flagged
  );
}

function idFor(route: PolicyRoute, turnShape: string | null): string {
  return turnShape === null || route.match.turnShape === turnShape ? route.id : `${route.id}/${turnShape}`;
}

/** Rules about who calls or what was flagged are a person's intent, and not a matter of cost. */
function isHuman(route: PolicyRoute): boolean {
  const { developer, repo, project, flagged } = route.match;
  return [developer, repo, project, flagged].some((condition) => condition !== undefined);
}

/** Who asks for a model by its very name means that model, and not one as good for less. */
function isDirect(route: PolicyRoute): boolean {
  return route.targets.every((target) => target.model === route.match.requestModel);
}

function allowedRoute(route: PolicyRoute, governance: Governance, safeDefault: string): PolicyRoute {
  const isAllowed = (model: string) => governance.models.some((allowed) => allowed.id === model);
  return {
    ...route,
    targets: withoutModels(route.targets, isAllowed, safeDefault),
    fallbacks: route.fallbacks.filter(isAllowed),
    exploration: route.exploration.filter((candidate) => isAllowed(candidate.model)),
  };
}

/** The current safe default, or the first model of the allow-list when that has lost it. */
function allowedSafeDefault({ current, governance }: PlanPolicyInput): string {
  const kept = governance.models.some((model) => model.id === current.safeDefault);
  return kept ? current.safeDefault : (governance.models[0]?.id ?? current.safeDefault);
}
