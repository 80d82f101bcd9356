import type { Variant } from '#shared/domain/call.ts';
import type { PolicyBody, PolicyRoute } from '#shared/domain/policy.ts';
import { matchRoute, type RouteFacts } from './match-route.ts';
import {
  type AllowedName,
  drawTarget,
  exploringChances,
  isSameTarget,
  overallChances,
  type TargetChance,
  targetChances,
} from './target-chances.ts';

/** The rule of a call whose allow-listed model was asked for by name and that no route takes. */
const DIRECT_RULE_ID = 'direct';

/** An entry of the allow-list, as far as routing needs it. */
export interface RoutableModel {
  readonly id: string;
  readonly aliases: readonly string[];
}

export interface ChooseTargetInput {
  readonly policy: PolicyBody;
  readonly facts: RouteFacts;
  readonly variant: Variant;
  /** `sessionHash('target', ...)` of the session: the same for all its calls, which keeps it with one model. */
  readonly u: number;
  /** From the assignment: the chance that a session under the stable policy explores. */
  readonly explorationProbability: number;
  readonly allowList: readonly RoutableModel[];
}

interface Target {
  readonly model: string;
  readonly prefixId?: string;
}

export interface TargetChoice {
  readonly type: 'target';
  readonly ruleId: string;
  readonly target: Target;
  /** Chance that a session like this one, canaries aside, was sent to this model: what off-policy estimates divide by. */
  readonly propensity: number;
  /** All models this session could have been sent to, with their chances. */
  readonly candidates: readonly { readonly model: string; readonly weight: number }[];
  /** Allow-listed models to try next, in order; never the target itself. */
  readonly fallbacks: readonly string[];
  /** `fallback` when none of the route's own targets may be served any more. */
  readonly path: 'hot' | 'fallback';
  /** Models the policy names and the allow-list does not: never served, and worth an alarm. */
  readonly dropped: readonly string[];
}

export interface TargetRefusal {
  readonly type: 'model_not_allowed';
  readonly requestModel: string;
  /** Whether nothing is known of the model asked for, or its route has nothing left that may be served. */
  readonly reason: 'unknown_model' | 'no_allowed_target';
  readonly dropped: readonly string[];
}

/**
 * The model that a call goes to. The first matching route decides; without one, a model that the allow-list knows by
 * its id or an alias is served as itself, and anything else is refused. Whatever the policy says, only allow-listed
 * models come out.
 */
export function chooseTarget(input: ChooseTargetInput): TargetChoice | TargetRefusal {
  const names = namesOf(input.allowList);
  const allowed: AllowedName = (name) => names.get(name);
  const { requestModel } = input.facts;
  const route = matchRoute(input.policy, input.facts);
  if (route !== undefined) return chooseOnRoute(input, route, allowed);
  const model = allowed(requestModel);
  if (model === undefined) return { type: 'model_not_allowed', requestModel, reason: 'unknown_model', dropped: [] };
  return onlyChoice({ ruleId: DIRECT_RULE_ID, model, fallbacks: [], path: 'hot', dropped: [] });
}

/** Of each list once: it is the same one from call to call, and may be long. */
const namesByList = new WeakMap<readonly RoutableModel[], ReadonlyMap<string, string>>();

/** Ids by id and alias; an id goes before another model's alias. */
function namesOf(allowList: readonly RoutableModel[]): ReadonlyMap<string, string> {
  const known = namesByList.get(allowList);
  if (known !== undefined) return known;
  const names = new Map(allowList.flatMap((model) => model.aliases.map((alias) => [alias, model.id] as const)));
  for (const model of allowList) names.set(model.id, model.id);
  namesByList.set(allowList, names);
  return names;
}

function chooseOnRoute(
  input: ChooseTargetInput,
  route: PolicyRoute,
  allowed: AllowedName,
): TargetChoice | TargetRefusal {
  const { variant, u } = input;
  const { targets, exploring, overall, fallbacks, dropped } = chancesOf(input, route, allowed);
  const drawn = drawTarget(variant === 'exploration' ? exploring : targets, u);
  if (targets.length === 0 || drawn === undefined) return chooseLastResort(input, route, fallbacks, dropped, allowed);
  const chances = variant === 'canary' ? targets : overall;
  return {
    type: 'target',
    ruleId: route.id,
    target: drawn.prefixId === undefined ? { model: drawn.model } : { model: drawn.model, prefixId: drawn.prefixId },
    propensity: chances.find((chance) => isSameTarget(chance, drawn))?.chance ?? 0,
    candidates: chances.map((chance) => ({ model: chance.model, weight: chance.chance })),
    fallbacks: fallbacks.filter((model) => model !== drawn.model),
    path: 'hot',
    dropped,
  };
}

/** What a route comes to under one policy, allow-list and slice of exploration. */
interface RouteChances {
  readonly policy: PolicyBody;
  readonly allowList: readonly RoutableModel[];
  readonly explorationProbability: number;
  readonly targets: readonly TargetChance[];
  readonly exploring: readonly TargetChance[];
  /** Before it is known whether a session explores. */
  readonly overall: readonly TargetChance[];
  readonly fallbacks: readonly string[];
  readonly dropped: readonly string[];
}

/** Of each route the last: call after call asks for the same. */
const chancesByRoute = new WeakMap<PolicyRoute, RouteChances>();

function chancesOf(input: ChooseTargetInput, route: PolicyRoute, allowed: AllowedName): RouteChances {
  const { policy, allowList, explorationProbability } = input;
  const known = chancesByRoute.get(route);
  if (
    known !== undefined &&
    known.policy === policy &&
    known.allowList === allowList &&
    known.explorationProbability === explorationProbability
  ) {
    return known;
  }
  const targets = targetChances(route, allowed);
  const exploring = exploringChances(route, targets, explorationProbability, allowed);
  const found: RouteChances = {
    ...{ policy, allowList, explorationProbability, targets, exploring },
    overall: overallChances(targets, exploring, explorationProbability),
    fallbacks: [...new Set(route.fallbacks.flatMap((name) => allowed(name) ?? []))],
    dropped: droppedModels(policy, route, allowed),
  };
  chancesByRoute.set(route, found);
  return found;
}

/** A route whose own targets have all left the allow-list serves its first fallback, else the policy's safe default. */
function chooseLastResort(
  input: ChooseTargetInput,
  route: PolicyRoute,
  fallbacks: readonly string[],
  dropped: readonly string[],
  allowed: AllowedName,
): TargetChoice | TargetRefusal {
  const safeDefault = allowed(input.policy.safeDefault);
  const [model, ...rest] = new Set(safeDefault === undefined ? fallbacks : [...fallbacks, safeDefault]);
  if (model !== undefined) return onlyChoice({ ruleId: route.id, model, fallbacks: rest, path: 'fallback', dropped });
  const { requestModel } = input.facts;
  return { type: 'model_not_allowed', requestModel, reason: 'no_allowed_target', dropped };
}

function onlyChoice(
  choice: Pick<TargetChoice, 'ruleId' | 'fallbacks' | 'path' | 'dropped'> & { readonly model: string },
): TargetChoice {
  const { model, ...rest } = choice;
  return { type: 'target', target: { model }, propensity: 1, candidates: [{ model, weight: 1 }], ...rest };
}

function droppedModels(policy: PolicyBody, route: PolicyRoute, allowed: AllowedName): string[] {
  const named = [
    ...route.targets.map((target) => target.model),
    ...route.fallbacks,
    ...route.exploration.map((candidate) => candidate.model),
    policy.safeDefault,
  ];
  return [...new Set(named.filter((name) => allowed(name) === undefined))];
}
