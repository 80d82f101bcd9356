import type { Governance } from '#shared/domain/governance.ts';
import { type PolicyBody, type PolicyRoute, policyBodySchema, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { matchesPattern } from '#shared/routing/match-route.ts';
import { sessionCostUsd } from './estimation/session-cost.ts';
import { assessModels, type ModelAssessment, type RoutingCell } from './routing/assess-models.ts';
import { chooseExploration, chooseModel, type RoutingReason } from './routing/choose-model.ts';
import { diffPolicies, type PolicyChange } from './routing/diff-policies.ts';
import { moveWeight, withoutModels } from './routing/move-weight.ts';

/** Tells cheaper from dearer where no traffic says how much is read for each token written; agents mostly read. */
const NOMINAL_MIX = {
  sessions: 1,
  inputTokens: 3,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 1,
};

export interface ProposeRoutingInput {
  readonly current: PolicyBody;
  readonly governance: Governance;
  /** Sessions by turn shape and model; of one turn shape version. */
  readonly cells: readonly RoutingCell[];
}

/** Why one route serves one turn shape as it does: what `trimtab status` shows. */
export interface RoutingExplanation {
  readonly routeId: string;
  /** Null for a route over all shapes, of which only exploration is decided. */
  readonly turnShape: string | null;
  readonly currentModel: string;
  readonly chosenModel: string;
  readonly exploredModel: string | null;
  readonly reason: RoutingReason;
  /** Per model: sessions so far, bounds, verdict, and how many sessions more a proof would take. */
  readonly models: readonly ModelAssessment[];
}

export type RoutingProposal =
  | { readonly type: 'off' }
  | { readonly type: 'nothing'; readonly explanations: readonly RoutingExplanation[] }
  | {
      readonly type: 'draft';
      readonly body: PolicyBody;
      readonly changes: readonly PolicyChange[];
      readonly explanations: readonly RoutingExplanation[];
    };

/**
 * The policy that routing should move to: per turn shape one step towards the cheapest proven allow-listed model, and
 * the cheapest unproven one in the exploration slice. Routes that a person made for a developer, repository, project or
 * flag, and those from a model's own id to that model, are left as they are, but for models that left the allow-list, which leave every route at once.
 */
export function proposeRouting(input: ProposeRoutingInput): RoutingProposal {
  const { governance, current } = input;
  if (governance.weights === 'off' || governance.models.length === 0) return { type: 'off' };
  const safeDefault = allowedSafeDefault(input);
  const explanations: RoutingExplanation[] = [];
  const routes = current.routes.flatMap((original) => {
    const route = allowedRoute(original, governance, safeDefault);
    if (isHuman(route) || isDirect(route)) return [route];
    const decided = shapesOf(route, input).map((shape) => decideRoute(route, shape, input, safeDefault));
    explanations.push(...decided.map((each) => each.explanation));
    return specialised(
      route,
      decided.map((each) => each.route),
    );
  });
  const body = policyBodySchema.parse({ schema: 1, turnShapeVersion: TURN_SHAPE_VERSION, routes, safeDefault });
  const changes = diffPolicies(current, body);
  return changes.length === 0 ? { type: 'nothing', explanations } : { type: 'draft', body, changes, explanations };
}

/** The route as it should be for one shape, or (shape null) for all those that have no route of their own. */
function decideRoute(
  route: PolicyRoute,
  turnShape: string | null,
  input: ProposeRoutingInput,
  safeDefault: string,
): { readonly route: PolicyRoute; readonly explanation: RoutingExplanation } {
  const { governance } = input;
  const currentModel = mainModel(route);
  const models = assessModels(governance, input.cells, turnShape, route.fallbacks[0] ?? safeDefault);
  const decision = chooseModel(currentModel, models);
  const chosenModel = turnShape === null ? currentModel : decision.model;
  const exploredModel = chooseExploration(chosenModel, models, listPrices(governance));
  const step = Math.max(1, Math.round(governance.weightStepMax * WEIGHT_TOTAL));
  const moves = turnShape !== null && (decision.reason === 'cheapest_proven_is_served' || chosenModel !== currentModel);
  const share = Math.round(Math.max(governance.exploration, governance.bootstrapShare) * WEIGHT_TOTAL);
  return {
    route: {
      ...route,
      id: idFor(route, turnShape),
      match: turnShape === null ? route.match : { ...route.match, turnShape },
      targets: moves ? moveWeight(route.targets, chosenModel, step) : route.targets,
      exploration: exploredModel === null || share === 0 ? [] : [{ model: exploredModel, share }],
    },
    explanation: {
      routeId: route.id,
      turnShape,
      currentModel,
      chosenModel,
      exploredModel: share === 0 ? null : exploredModel,
      reason: decision.reason,
      models,
    },
  };
}

/**
 * The shapes a route is decided for. A route with one exact shape has that one; any other has each shape with traffic
 * that it would be the first to take, and null for the rest.
 */
function shapesOf(route: PolicyRoute, input: ProposeRoutingInput): (string | null)[] {
  const pattern = route.match.turnShape ?? '*';
  if (!pattern.includes('*')) return [pattern];
  const siblings = input.current.routes.filter(
    (other) => other.id !== route.id && sameButShape(other, route) && other.match.turnShape !== undefined,
  );
  const seen = [...new Set(input.cells.filter((cell) => cell.qualities.length > 0).map((cell) => cell.turnShape))];
  const own = seen.filter(
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

function mainModel(route: PolicyRoute): string {
  const [first, ...rest] = route.targets;
  return rest.reduce((best, target) => (best && target.weight <= best.weight ? best : target), first)?.model ?? '';
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
function allowedSafeDefault({ current, governance }: ProposeRoutingInput): string {
  const kept = governance.models.some((model) => model.id === current.safeDefault);
  return kept ? current.safeDefault : (governance.models[0]?.id ?? current.safeDefault);
}

function listPrices(governance: Governance): ReadonlyMap<string, number> {
  return new Map(
    governance.models.flatMap((model) =>
      model.price === undefined ? [] : [[model.id, sessionCostUsd(NOMINAL_MIX, model.price)] as const],
    ),
  );
}
