import { type Governance, governanceSchema } from '#shared/domain/governance.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { limitExposure } from '#shared/routing/exposure.ts';
import type { StartingKnowledge } from './arena-policy.ts';
import type { World } from './create-world.ts';

/** Share of a shape's sessions that a cold start explores with, until everything cheaper is decided. */
const BOOTSTRAP_SHARE = 0.5;

/** What a file may say of how far the optimizer goes. */
export type TrimtabSettings = Pick<Governance, 'exploration' | 'weightStepMax'>;

/** What people have set for the optimizer, with the models and prices of a moment. */
export function governanceAt(
  world: World,
  start: StartingKnowledge,
  at: number,
  settings: TrimtabSettings,
): Governance {
  return governanceSchema.parse({
    models: world.models.flatMap(({ id, provider }, model) =>
      world.isListed(model, at) ? [{ id, provider, price: { input: world.price(model, at), output: 0 } }] : [],
    ),
    ...{
      qualityBar: world.bar,
      weights: 'automatic',
      ...settings,
    },
    bootstrapShare: start.warm ? 0 : BOOTSTRAP_SHARE,
  });
}

/** How much is canary and exploration under a policy. */
export function exposureNow(governance: Governance, body: PolicyBody, canary: number) {
  const { exploration, bootstrapShare, exposureMax } = governance;
  const explores = body.routes.flatMap((route) => route.exploration.reduce((sum, each) => sum + each.share, 0));
  const cold = Math.max(0, ...explores) > exploration * WEIGHT_TOTAL;
  return limitExposure({ canary, exploration, bootstrapShare, exposureMax, cold });
}
