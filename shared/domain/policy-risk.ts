import type { Governance } from './governance.ts';
import { type PolicyBody, type PolicyRoute, WEIGHT_TOTAL } from './policy.ts';

/** What a change of policy touches most: which automatic power it falls under. */
export type PolicyRisk = 'none' | 'weights' | 'model' | 'prefix' | 'rule';
/** Who or what a change needs: nobody, the proof of a canary, or a person. */
export type RiskClass = 'automatic' | 'canary' | 'human';

export interface RiskAssessment {
  readonly risk: PolicyRisk;
  readonly riskClass: RiskClass;
  /** One sentence for each thing that put the change into its class; empty when nothing changes. */
  readonly reasons: readonly string[];
}

export interface RiskRules {
  /** Models that may be served now: what is no longer one leaves without being a risk. */
  readonly isAllowed: (model: string) => boolean;
  /** Share of one by which a weight may rise without a canary. */
  readonly weightStepMax: number;
}

/** The rules that governance makes; without one nothing is allowed. */
export function riskRulesOf(governance: Governance | null): RiskRules {
  const allowed = new Set(governance?.models.map((model) => model.id));
  return { isAllowed: (model) => allowed.has(model), weightStepMax: governance?.weightStepMax ?? 0 };
}

/** How one route, or one shape that it is specialised to, is served differently. */
export interface RouteChange {
  readonly match: PolicyRoute['match'];
  /**
   * Weights gained and lost by model and prefix, in order of their names; of all routes that are new, the whole. Zero for
   * a prefix that is new and waits without weight, since its model may be explored with it.
   */
  readonly weights: readonly (readonly [model: string, prefixId: string, delta: number])[];
  readonly exploration: readonly (readonly [model: string, delta: number])[];
  readonly fallbacks: { readonly from: readonly string[]; readonly to: readonly string[] } | null;
  /** `changed` has a route to compare with, its own or the general one that it came out of. */
  readonly kind: 'changed' | 'added' | 'removed';
}

export interface PolicyChange {
  readonly routes: readonly RouteChange[];
  readonly safeDefault: { readonly from: string; readonly to: string } | null;
}

/**
 * What a policy changes against another one, told by who is served what and not by where a route stands: the same
 * change against a newer policy is the same change.
 */
export function policyChange(before: PolicyBody, after: PolicyBody): PolicyChange {
  const routes = after.routes.flatMap((route) => {
    const base = sameMatch(before, route) ?? generalOf(before, route);
    return base === undefined ? [describe(route, null, route)] : changed(describe(route, base, route));
  });
  const left = before.routes
    .filter((route) => sameMatch(after, route) === undefined)
    .flatMap((route) => {
      const general = generalOf(after, route);
      return general === undefined ? [describe(route, route, null)] : changed(describe(route, route, general));
    });
  const safeDefault =
    before.safeDefault === after.safeDefault ? null : { from: before.safeDefault, to: after.safeDefault };
  return { routes: [...routes, ...left], safeDefault };
}

/**
 * The class of a change. Automatic: weights of models that the route has, within a step, and exploration. A canary: a
 * model that is new to a route, a larger step, another prefix, other fallbacks, a new rule. A person: the safe default,
 * and a rule that goes without another one in its place. What only leaves because it may not be served is no risk.
 */
export function assessRisk(before: PolicyBody, after: PolicyBody, rules: RiskRules): RiskAssessment {
  const found: { readonly risk: PolicyRisk; readonly riskClass: RiskClass; readonly reason: string }[] = [];
  const { routes, safeDefault } = policyChange(before, after);
  if (safeDefault !== null && rules.isAllowed(safeDefault.from)) {
    const reason = `the safe default ${safeDefault.from} becomes ${safeDefault.to}`;
    found.push({ risk: 'rule', riskClass: 'human', reason });
  }
  for (const change of routes) found.push(...assessRoute(before, change, rules));
  if (found.length === 0) return { risk: 'none', riskClass: 'automatic', reasons: [] };
  const rank = <T>(order: readonly T[], values: readonly T[]): T =>
    values.reduce((worst, value) => (order.indexOf(value) > order.indexOf(worst) ? value : worst));
  return {
    risk: rank<PolicyRisk>(
      ['none', 'weights', 'model', 'rule', 'prefix'],
      found.map((each) => each.risk),
    ),
    riskClass: rank<RiskClass>(
      ['automatic', 'canary', 'human'],
      found.map((each) => each.riskClass),
    ),
    reasons: found.map((each) => each.reason),
  };
}

function assessRoute(
  before: PolicyBody,
  change: RouteChange,
  rules: RiskRules,
): { readonly risk: PolicyRisk; readonly riskClass: RiskClass; readonly reason: string }[] {
  const name = JSON.stringify(change.match);
  if (change.kind === 'removed') return [{ risk: 'rule', riskClass: 'human', reason: `the rule ${name} goes` }];
  if (change.kind === 'added') return [{ risk: 'rule', riskClass: 'canary', reason: `the rule ${name} is new` }];
  const base = before.routes.find((route) => matchOf(route) === keyOf(change.match)) ?? generalOf(before, change);
  const had = new Set(base?.targets.filter((target) => target.weight > 0).map((target) => target.model));
  const freed = change.weights
    .filter(([model, , delta]) => delta < 0 && !rules.isAllowed(model))
    .reduce((sum, [, , delta]) => sum - delta, 0);
  const found: { risk: PolicyRisk; riskClass: RiskClass; reason: string }[] = [];
  const prefixes = new Set(base?.targets.map((target) => `${target.model}\u0000${target.prefixId ?? ''}`));
  for (const [model, prefixId, delta] of change.weights) {
    if (delta === 0)
      found.push({
        risk: 'prefix',
        riskClass: 'canary',
        reason: `${model} may be tried with another prefix in ${name}`,
      });
    if (delta <= 0) continue;
    const percent = `${(100 * delta) / WEIGHT_TOTAL} %`;
    if (had.has(model) && !prefixes.has(`${model}\u0000${prefixId}`)) {
      found.push({ risk: 'prefix', riskClass: 'canary', reason: `${model} gets another prefix in ${name}` });
    } else if (!had.has(model) && freed < delta) {
      found.push({ risk: 'model', riskClass: 'canary', reason: `${model} is new in ${name}, with ${percent}` });
    } else {
      const large = delta - freed > rules.weightStepMax * WEIGHT_TOTAL;
      const riskClass = large ? 'canary' : 'automatic';
      found.push({ risk: 'weights', riskClass, reason: `${model} gains ${percent} in ${name}` });
    }
  }
  if (change.exploration.length > 0) {
    found.push({ risk: 'weights', riskClass: 'automatic', reason: `exploration changes in ${name}` });
  }
  const { fallbacks } = change;
  if (fallbacks !== null && !sameList(fallbacks.from.filter(rules.isAllowed), fallbacks.to)) {
    found.push({ risk: 'model', riskClass: 'canary', reason: `fallbacks change in ${name}` });
  }
  return found;
}

function describe(named: PolicyRoute, base: PolicyRoute | null, route: PolicyRoute | null): RouteChange {
  return {
    match: named.match,
    weights: [
      ...deltas(base?.targets ?? [], route?.targets ?? [], servedAs).map(
        ([[model = '', prefixId = ''], delta]) => [model, prefixId, delta] as const,
      ),
      ...waiting(base, route),
    ],
    exploration: deltas(base?.exploration.map(asTarget) ?? [], route?.exploration.map(asTarget) ?? [], (target) => [
      target.model,
    ]).map(([[model = ''], delta]) => [model, delta]),
    fallbacks:
      base === null || route === null || sameList(base.fallbacks, route.fallbacks)
        ? null
        : { from: base.fallbacks, to: route.fallbacks },
    kind: base === null ? 'added' : route === null ? 'removed' : 'changed',
  };
}

const servedAs = ({ model, prefixId }: Weighted): string[] => [model, prefixId ?? ''];

/** Prefixes without weight that the route did not have before. */
function waiting(base: PolicyRoute | null, route: PolicyRoute | null): (readonly [string, string, 0])[] {
  const known = new Set(base?.targets.map((target) => servedAs(target).join('\u0000')));
  return (route?.targets ?? []).flatMap(({ model, prefixId, weight }) =>
    weight > 0 || prefixId === undefined || known.has(`${model}\u0000${prefixId}`)
      ? []
      : [[model, prefixId, 0] as const],
  );
}

function changed(change: RouteChange): RouteChange[] {
  const same = change.weights.length === 0 && change.exploration.length === 0 && change.fallbacks === null;
  return same ? [] : [change];
}

type Weighted = { readonly model: string; readonly weight: number; readonly prefixId?: string | undefined };

const asTarget = ({ model, share }: { readonly model: string; readonly share: number }): Weighted => ({
  model,
  weight: share,
});

function deltas(
  before: readonly Weighted[],
  after: readonly Weighted[],
  keyOfTarget: (target: Weighted) => readonly string[],
): (readonly [readonly string[], number])[] {
  const sums = new Map<string, number>();
  const add = (targets: readonly Weighted[], sign: 1 | -1) => {
    for (const target of targets) {
      const key = JSON.stringify(keyOfTarget(target));
      sums.set(key, (sums.get(key) ?? 0) + sign * target.weight);
    }
  };
  add(before, -1);
  add(after, 1);
  return [...sums]
    .filter(([, delta]) => delta !== 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, delta]) => [JSON.parse(key) as string[], delta] as const);
}

function sameMatch(body: PolicyBody, route: Pick<PolicyRoute, 'match'>): PolicyRoute | undefined {
  return body.routes.find((other) => matchOf(other) === matchOf(route));
}

/** The rule over more shapes that takes what this one takes: the same conditions without the shape. */
function generalOf(body: PolicyBody, route: Pick<PolicyRoute, 'match'>): PolicyRoute | undefined {
  const { turnShape, ...rest } = route.match;
  return turnShape === undefined ? undefined : body.routes.find((other) => matchOf(other) === keyOf(rest));
}

function matchOf(route: Pick<PolicyRoute, 'match'>): string {
  return keyOf(route.match);
}

function keyOf(match: PolicyRoute['match']): string {
  return JSON.stringify(Object.entries(match).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
