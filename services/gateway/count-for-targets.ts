import type { Canonical } from '#shared/formats/canonical.ts';
import { countTokens } from '#shared/formats/count-tokens.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import { turnShapeOf } from '#shared/routing/turn-shape.ts';
import type { Identity } from './access/identity.ts';
import { estimateInputTokens } from './estimate-input-tokens.ts';
import type { HandleCallDeps } from './handle-call.ts';
import { openingShapeOf } from './opening-shape.ts';
import { routeCall } from './route-call.ts';
import { namedSession, type RequestHeaders } from './session-id.ts';
import type { SessionPin } from './session-pins.ts';

/** Of a session that is not known, the targets that it may get; counting is not free. */
const TARGETS_MAX = 3;

interface CountRequest {
  readonly headers: RequestHeaders;
  readonly identity: Identity;
  readonly canonical: Canonical;
  readonly bodyBytes: number;
}

/**
 * Input tokens of a request as the model counts it that the stable policy gives its session; of a session without a
 * name, the most that any of its targets counts. A model that is not served here is counted as what its name says.
 */
export function countForTargets(
  { config, policies, tokens }: Pick<HandleCallDeps, 'config' | 'policies' | 'tokens'>,
  { headers, identity, canonical, bodyBytes }: CountRequest,
): number {
  const { body } = canonical;
  const active = policies.current();
  const session = namedSession(headers, body, config.sessionHeader);
  const choice = routeCall({
    ...{ active, models: config.models, identity, requestModel: body.model },
    pin: stablePin(active),
    sessionId: session?.sessionId ?? '',
    turnShape: turnShapeOf(body, estimateInputTokens(body, bodyBytes)),
    openingShape: openingShapeOf(canonical),
  });
  if (choice.type === 'model_not_allowed') return countTokens(body, body.model);
  const { prefixId } = choice.target;
  const prefix = prefixId === undefined ? undefined : active.prefixes[prefixId];
  const prefixed = prefix === undefined ? body : placePrefix(body, prefix);
  const likely = session === null ? choice.candidates.map(({ model }) => model).slice(0, TARGETS_MAX) : [];
  const models = new Set([choice.target.model, ...likely]);
  const counts = [...models].map((model) => {
    const provider = config.models.get(model)?.provider.name;
    return provider === undefined ? 0 : tokens.count({ provider, model }, prefixed);
  });
  return Math.max(...counts);
}

function stablePin(active: ReturnType<HandleCallDeps['policies']['current']>): SessionPin {
  const { stable, prefixes, salt } = active;
  return {
    ...{ policy: stable, prefixes, salt, variant: 'stable', rolloutId: null },
    ...{ explorationProbability: 0, startedAtMs: 0 },
  };
}
