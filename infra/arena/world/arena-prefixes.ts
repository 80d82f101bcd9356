import type { PolicyBody } from '#shared/domain/policy.ts';
import { attachPrefix } from '../../../services/optimizer/prompts/attach-prefix.ts';
import type { PrefixTried, World } from './create-world.ts';

const PREFIX_IDS: Readonly<Record<string, PrefixTried>> = { 'prefix-1': 1, 'prefix-2': 2 };

/** The world's prefix of a target's id; 0 for none. */
export function prefixOfId(prefixId: string | undefined): PrefixTried {
  return prefixId === undefined ? 0 : (PREFIX_IDS[prefixId] ?? 0);
}

/** The policy with a promoted prefix on the models in all shapes that they serve: its rollout compared all of them. */
export function withPrefix(body: PolicyBody, world: World, models: readonly string[], prefix: PrefixTried): PolicyBody {
  let next = body;
  for (const model of models) {
    for (const turnShape of world.shapes) {
      next = attachPrefix(next, { turnShape, model }, `prefix-${prefix}`) ?? next;
    }
  }
  return next;
}

/** The policy without a prefix in one turn shape, as the one before was that an alarm brings back; null if it has none. */
export function withoutPrefix(
  body: PolicyBody,
  cell: { readonly turnShape: string; readonly model: string },
): PolicyBody | null {
  let found = false;
  const routes = body.routes.map((route) => {
    if (route.match.turnShape !== cell.turnShape) return route;
    const targets = route.targets.map((target) => {
      if (target.model !== cell.model || target.prefixId === undefined || target.weight === 0) return target;
      found = true;
      return { model: target.model, weight: target.weight };
    });
    return { ...route, targets };
  });
  return found ? { ...body, routes } : null;
}
