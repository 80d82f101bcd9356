import type { PolicyBody, PolicyRoute } from '#shared/domain/policy.ts';

/**
 * A draft without its changes of weight: what is left is its exploration, which makes the overlap that the rest of it
 * lacks. A route that the draft adds serves what the route serves that took its calls before.
 *
 * @param urgentShapes turn shapes whose changes cannot wait, and stay
 */
export function keepTargets(current: PolicyBody, draft: PolicyBody, urgentShapes: readonly string[] = []): PolicyBody {
  const routes = draft.routes.map((route, index): PolicyRoute => {
    if (urgentShapes.includes(route.match.turnShape ?? '')) return route;
    const before = draft.routes
      .slice(index)
      .map((later) => current.routes.find((each) => each.id === later.id))
      .find((each) => each !== undefined);
    return before === undefined ? route : { ...route, targets: before.targets, fallbacks: before.fallbacks };
  });
  return { ...draft, routes: withoutRepeats(current, routes), safeDefault: current.safeDefault };
}

/** Without the added routes that now serve as the general route behind them does. */
function withoutRepeats(current: PolicyBody, routes: readonly PolicyRoute[]): PolicyRoute[] {
  return routes.filter((route, index) => {
    if (current.routes.some((each) => each.id === route.id)) return true;
    const next = routes.slice(index + 1).find((later) => route.id.startsWith(`${later.id}/`));
    return next === undefined || servedBy(next) !== servedBy(route);
  });
}

function servedBy({ targets, fallbacks, exploration }: PolicyRoute): string {
  return JSON.stringify([targets, fallbacks, exploration]);
}
