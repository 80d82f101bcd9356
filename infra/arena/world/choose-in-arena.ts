import type { Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { assignVariant } from '#shared/routing/assign-variant.ts';
import { chooseTarget } from '#shared/routing/choose-target.ts';
import { matchRoute } from '#shared/routing/match-route.ts';
import { sessionHash } from '#shared/routing/session-hash.ts';
import { exposureNow } from './arena-governance.ts';
import { prefixOfId } from './arena-prefixes.ts';
import type { ArenaSession, World } from './create-world.ts';

export const REQUEST_MODEL = 'claude-sonnet';
const SALT = 'arena';

/** Who takes a session, by the very functions of the gateway. */
export function chooseModelFor(
  session: ArenaSession,
  now: {
    readonly world: World;
    readonly governance: Governance;
    readonly body: PolicyBody;
    readonly canaryShare: number;
  },
) {
  const { world, governance, body } = now;
  const facts = factsOf(world, session);
  const exposure = exposureNow(governance, body, now.canaryShare);
  const { variant, explorationProbability } = assignVariant({
    ...{ sessionId: session.id, salt: SALT, mayEnterRollout: true },
    ...{ canaryShare: exposure.canaryShare, explorationShare: exposure.explorationShare },
  });
  const u = sessionHash('target', SALT, session.id);
  const choice = chooseTarget({
    policy: body,
    variant,
    allowList: governance.models,
    facts,
    u,
    explorationProbability,
  });
  if (choice.type !== 'target') throw new RangeError(`the arena's policy refuses ${choice.requestModel}`);
  const { model, prefixId } = choice.target;
  const explored =
    variant === 'exploration' && (matchRoute(body, facts)?.exploration ?? []).some((each) => each.model === model);
  return { model: indexOf(world, model), prefix: prefixOfId(prefixId), variant, explored };
}

/** What the gateway knows of a session when it routes it. */
export function factsOf(world: World, session: Pick<ArenaSession, 'shape'>) {
  return {
    requestModel: REQUEST_MODEL,
    turnShape: world.shapes[session.shape] ?? '',
    ...{ developer: null, repo: null, project: null, flagged: false },
  };
}

export function indexOf(world: World, model: string): number {
  return world.models.findIndex((each) => each.id === model);
}
