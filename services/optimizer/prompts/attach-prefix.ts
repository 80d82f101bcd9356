import { type PolicyBody, type PolicyRoute, TARGETS_MAX } from '#shared/domain/policy.ts';
import { matchesPattern } from '#shared/routing/match-route.ts';

/**
 * The policy with a prefix on one model in one turn shape: routes that could send the shape to the model get a route of
 * their own for the shape, ahead of them, with the prefix. In the other shapes of such a route the prefix waits
 * without weight where the model has no target: should it be explored there, it is with what has helped it here. Null when
 * the shape never goes to the model.
 */
export function attachPrefix(
  body: PolicyBody,
  cell: { readonly turnShape: string; readonly model: string },
  prefixId: string,
): PolicyBody | null {
  const attachedTo = new Set<string>();
  const routes = body.routes.flatMap((route) => {
    if (!sendsTo(route, cell) || hasOwnRoute(body, route, cell.turnShape)) return [route];
    attachedTo.add(matchButShape(route));
    const own = withPrefix(route, cell, prefixId);
    return own.id === route.id ? [own] : [own, route];
  });
  if (attachedTo.size === 0) return null;
  const offered = (route: PolicyRoute) =>
    attachedTo.has(matchButShape(route)) ? withWaiting(route, cell.model, prefixId) : route;
  return { ...body, routes: routes.map(offered) };
}

/** The route with the prefix at hand for a model that it has no target for. */
function withWaiting(route: PolicyRoute, model: string, prefixId: string): PolicyRoute {
  if (route.targets.length >= TARGETS_MAX || route.targets.some((target) => target.model === model)) return route;
  return { ...route, targets: [...route.targets, { model, weight: 0, prefixId }] };
}

function matchButShape({ match }: PolicyRoute): string {
  const { turnShape: _any, ...rest } = match;
  return JSON.stringify(Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The prefix that the shape gets on the model now; undefined when it is not sent there. */
export function prefixOf(
  body: PolicyBody,
  cell: { readonly turnShape: string; readonly model: string },
): string | null | undefined {
  const route = body.routes.find((each) => sendsTo(each, cell) && !hasOwnRoute(body, each, cell.turnShape));
  const target = route?.targets.find((each) => each.model === cell.model);
  return target === undefined ? undefined : (target.prefixId ?? null);
}

function sendsTo(route: PolicyRoute, cell: { readonly turnShape: string; readonly model: string }): boolean {
  const takesShape = route.match.turnShape === undefined || matchesPattern(route.match.turnShape, cell.turnShape);
  return takesShape && route.targets.some((target) => target.model === cell.model && target.weight > 0);
}

function hasOwnRoute(body: PolicyBody, route: PolicyRoute, turnShape: string): boolean {
  const id = `${route.id}/${turnShape}`;
  return route.match.turnShape !== turnShape && body.routes.some((other) => other.id === id);
}

function withPrefix(
  route: PolicyRoute,
  cell: { readonly turnShape: string; readonly model: string },
  prefixId: string,
): PolicyRoute {
  return {
    ...route,
    id: route.match.turnShape === cell.turnShape ? route.id : `${route.id}/${cell.turnShape}`,
    match: { ...route.match, turnShape: cell.turnShape },
    targets: route.targets.map((target) => (target.model === cell.model ? { ...target, prefixId } : target)),
  };
}
