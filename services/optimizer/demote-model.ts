import { type PolicyBody, type PolicyRoute, type PolicyTarget, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { matchesPattern } from '#shared/routing/match-route.ts';

export interface Demotion {
  readonly body: PolicyBody;
  /** Per route that was changed, the model that takes over. */
  readonly successors: readonly { readonly routeId: string; readonly model: string }[];
}

/**
 * The policy without a model in one turn shape: each route that could send the shape there gets a route of its own for
 * the shape before it, in which the model's weight goes to the largest other target that is not known to be bad, else
 * to the first fallback, else to the safe default. Null when the model is served nowhere in the shape, or when there is
 * nobody to take over.
 *
 * @param disproven models known to be below the bar in this shape
 */
export function demoteModel(
  body: PolicyBody,
  cell: { readonly turnShape: string; readonly model: string },
  disproven: ReadonlySet<string>,
): Demotion | null {
  const successors: { routeId: string; model: string }[] = [];
  const routes = body.routes.flatMap((route) => {
    if (!servesCell(route, cell) || hasOwnRoute(body, route, cell.turnShape)) return [route];
    const successor = successorOf(route, body, cell.model, disproven);
    if (successor === null) return [route];
    const special = demoted(route, cell, successor);
    successors.push({ routeId: special.id, model: successor });
    return special.id === route.id ? [special] : [special, route];
  });
  return successors.length === 0 ? null : { body: { ...body, routes }, successors };
}

/** Share of a shape's sessions that a policy sends to a model, on the route that sends it most. */
export function weightInShape(body: PolicyBody, cell: { readonly turnShape: string; readonly model: string }): number {
  const weights = routesOfShape(body, cell.turnShape).map((route) => weightOf(route, cell.model));
  return Math.max(0, ...weights);
}

/** Prefixes with which a policy sends a shape to a model, sorted; an empty text stands for none. */
export function prefixesInShape(
  body: PolicyBody,
  cell: { readonly turnShape: string; readonly model: string },
): readonly string[] {
  const targets = routesOfShape(body, cell.turnShape).flatMap((route) => route.targets);
  const served = targets.filter((target) => target.model === cell.model && target.weight > 0);
  return [...new Set(served.map((target) => target.prefixId ?? ''))].sort();
}

function routesOfShape(body: PolicyBody, turnShape: string): PolicyRoute[] {
  return body.routes.filter((route) => takesShape(route, turnShape) && !hasOwnRoute(body, route, turnShape));
}

function servesCell(route: PolicyRoute, cell: { readonly turnShape: string; readonly model: string }): boolean {
  return takesShape(route, cell.turnShape) && weightOf(route, cell.model) > 0;
}

/** Whether the shape has left this route before: its own route stands ahead of it and is the one that decides. */
function hasOwnRoute(body: PolicyBody, route: PolicyRoute, turnShape: string): boolean {
  return route.match.turnShape !== turnShape && body.routes.some((other) => other.id === ownRouteId(route, turnShape));
}

function ownRouteId(route: PolicyRoute, turnShape: string): string {
  return route.match.turnShape === turnShape ? route.id : `${route.id}/${turnShape}`;
}

function takesShape(route: PolicyRoute, turnShape: string): boolean {
  return route.match.turnShape === undefined || matchesPattern(route.match.turnShape, turnShape);
}

function weightOf(route: PolicyRoute, model: string): number {
  return route.targets.filter((target) => target.model === model).reduce((sum, target) => sum + target.weight, 0);
}

function successorOf(
  route: PolicyRoute,
  body: PolicyBody,
  offender: string,
  disproven: ReadonlySet<string>,
): string | null {
  const others = route.targets.filter((target) => target.weight > 0).toSorted((a, b) => b.weight - a.weight);
  const candidates = [...others.map((target) => target.model), ...route.fallbacks, body.safeDefault];
  return candidates.find((model) => model !== offender && !disproven.has(model)) ?? null;
}

function demoted(
  route: PolicyRoute,
  cell: { readonly turnShape: string; readonly model: string },
  successor: string,
): PolicyRoute {
  const freed = weightOf(route, cell.model);
  const kept: PolicyTarget[] = route.targets.filter((target) => target.model !== cell.model);
  const at = kept.findIndex((target) => target.model === successor);
  const targets =
    at === -1
      ? [...kept, { model: successor, weight: Math.min(freed, WEIGHT_TOTAL) }]
      : kept.map((target, index) => (index === at ? { ...target, weight: target.weight + freed } : target));
  return {
    ...route,
    id: ownRouteId(route, cell.turnShape),
    match: { ...route.match, turnShape: cell.turnShape },
    targets,
    fallbacks: route.fallbacks.filter((model) => model !== cell.model),
    exploration: route.exploration.filter((candidate) => candidate.model !== cell.model),
  };
}
