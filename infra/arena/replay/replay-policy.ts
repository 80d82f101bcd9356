import type { Governance } from '#shared/domain/governance.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { type Assignment, assignVariant } from '#shared/routing/assign-variant.ts';
import { chooseTarget } from '#shared/routing/choose-target.ts';
import { limitExposure } from '#shared/routing/exposure.ts';
import { sessionHash } from '#shared/routing/session-hash.ts';
import type { ShapeChange } from './replay-rollouts.ts';

const REQUEST_MODEL = 'claude-sonnet';

/** A policy with a route for every turn shape, all of which one model serves. */
export function startingPolicy(shapes: readonly string[], model: string): PolicyBody {
  const routes = shapes.map((turnShape) => ({
    id: turnShape,
    match: { requestModel: REQUEST_MODEL, turnShape },
    targets: [{ model, weight: WEIGHT_TOTAL }],
    ...{ fallbacks: [], exploration: [] },
  }));
  return { schema: 1, turnShapeVersion: TURN_SHAPE_VERSION, routes, safeDefault: model };
}

/** The policy with the models that another one explores: a change that needs no canary. */
export function withExploration(body: PolicyBody, planned: PolicyBody): PolicyBody {
  const explored = new Map(planned.routes.map((route) => [route.id, route.exploration]));
  return {
    ...body,
    routes: body.routes.map((route) => ({ ...route, exploration: explored.get(route.id) ?? route.exploration })),
  };
}

/** The policy in which another model serves a turn shape: what a canary of the change is served by. */
export function withChange(body: PolicyBody, { turnShape, to }: ShapeChange): PolicyBody {
  const targets = [{ model: to, weight: WEIGHT_TOTAL }];
  return { ...body, routes: body.routes.map((route) => (route.id === turnShape ? { ...route, targets } : route)) };
}

/** The models that a policy gives weight in a turn shape. */
export function targetsOf(body: PolicyBody, turnShape: string): string[] {
  return body.routes.find((route) => route.id === turnShape)?.targets.map((target) => target.model) ?? [];
}

/** The one model that the stable policy of a replay serves a turn shape with. */
export function servedModel(body: PolicyBody, turnShape: string): string {
  return targetsOf(body, turnShape)[0] ?? body.safeDefault;
}

/** Which arm a session is in, by the very function of the gateway. */
export function assignSession(
  session: { readonly sessionId: string; readonly salt: string },
  stable: PolicyBody,
  governance: Governance,
  canaryRuns: boolean,
): Assignment {
  const { exploration, bootstrapShare, exposureMax, rollout } = governance;
  const explored = stable.routes.map((route) => route.exploration.reduce((sum, each) => sum + each.share, 0));
  const cold = explored.some((share) => share > exploration * WEIGHT_TOTAL);
  const canary = canaryRuns ? rollout.canary : 0;
  const exposure = limitExposure({ canary, exploration, bootstrapShare, exposureMax, cold });
  return assignVariant({ ...session, ...exposure, mayEnterRollout: true });
}

/** The model that a policy serves a session with, likewise. */
export function serveSession(
  session: { readonly sessionId: string; readonly salt: string; readonly turnShape: string },
  assignment: Assignment,
  policy: PolicyBody,
  governance: Governance,
): string {
  const { sessionId, salt, turnShape } = session;
  const choice = chooseTarget({
    ...{ ...assignment, policy, u: sessionHash('target', salt, sessionId), allowList: governance.models },
    facts: { requestModel: REQUEST_MODEL, turnShape, developer: null, repo: null, project: null, flagged: false },
  });
  if (choice.type !== 'target') throw new RangeError(`the replay's policy refuses ${choice.requestModel}`);
  return choice.target.model;
}
