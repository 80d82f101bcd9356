import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { TurnShape } from '#shared/domain/turn-shape.ts';
import { chooseTarget, type TargetChoice, type TargetRefusal } from '#shared/routing/choose-target.ts';
import { sessionHash } from '#shared/routing/session-hash.ts';
import type { Identity } from './access/identity.ts';
import type { ModelCatalogue } from './config.ts';
import type { SessionPin } from './session-pins.ts';

export interface RouteInput {
  readonly active: ActivePolicies;
  readonly models: ModelCatalogue;
  readonly pin: SessionPin;
  readonly sessionId: string;
  readonly identity: Identity;
  readonly requestModel: string;
  readonly turnShape: TurnShape;
}

/** The target of one call, by its session's policy and today's allow-list. */
export function routeCall(input: RouteInput): TargetChoice | TargetRefusal {
  const { pin, identity } = input;
  return chooseTarget({
    policy: pin.policy.body,
    facts: {
      requestModel: input.requestModel,
      turnShape: input.turnShape,
      developer: identity.developer,
      repo: identity.repo,
      project: identity.projectId,
      flagged: false,
    },
    variant: pin.variant,
    u: sessionHash('target', pin.salt, input.sessionId),
    explorationProbability: pin.explorationProbability,
    allowList: servableModels(input.active, input.models),
  });
}

/** Allow-lists change seldom, and every call asks for this one. */
const servable = new WeakMap<ActivePolicies['models'], { models: ModelCatalogue; found: ActivePolicies['models'] }>();

/** Allow-listed models that this gateway knows how to reach, in the order of its configuration. */
export function servableModels(active: ActivePolicies, models: ModelCatalogue): ActivePolicies['models'] {
  const known = servable.get(active.models);
  if (known?.models === models) return known.found;
  const found = [...models.keys()].flatMap((name) => active.models.find(({ id }) => id === name) ?? []);
  servable.set(active.models, { models, found });
  return found;
}
