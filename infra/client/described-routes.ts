import type { ApiDeps } from '../../services/optimizer/api/api-deps.ts';
import type { ApiRoute } from '../../services/optimizer/api/api-route.ts';
import { apiRoutes } from '../../services/optimizer/server.ts';

/** Every route of the API, to be described and not to be run: what they would work with is not there. */
export function describedRoutes(): readonly ApiRoute[] {
  const deps = new Proxy({} as ApiDeps, { get: () => undefined });
  return apiRoutes(deps);
}
