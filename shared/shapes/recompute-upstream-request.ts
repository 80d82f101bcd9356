import type { ModelConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Call } from '#shared/domain/call.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { isJsonObject } from '#shared/formats/json-object.ts';
import { encodeForProvider } from '#shared/providers/encode-for-provider.ts';
import { providerFormat } from '#shared/providers/provider-format.ts';
import { providerTarget } from '#shared/providers/provider-target.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';

/** Providers and models as the configuration has them now. */
export type Upstreams = Pick<TrimtabConfig, 'providers' | 'models'>;

/** Why what is shown is not, byte for byte, what was sent. */
export type InexactReason =
  /** Another version of the codec has written it. */
  | 'codec_version'
  /** Client and upstream speak one format, so the client's own bytes went on, which are not kept. */
  | 'forwarded'
  /** What of the client's request has no place in the canonical form is not kept. */
  | 'client_format'
  /** The gateway runs tools of the request itself, and has sent what they found. */
  | 'server_tools'
  | 'redacted';

export type RecomputedRequest<Body = string> =
  | { readonly type: 'recomputed'; readonly body: Body; readonly inexact: readonly InexactReason[] }
  | { readonly type: 'unknown'; readonly reason: 'not_configured' | 'prefix_missing' | 'nothing_sent' };

/**
 * The body that the upstream of a call was sent last, written anew by the codec from the canonical request. Pure. It is
 * what was sent, byte for byte, unless `inexact` says why not; the address and quirks of a provider are those of today.
 *
 * @param prefix the text that stands under the call's prefixId; null when it had none
 */
export function recomputeUpstreamRequest(
  call: Pick<Call, 'attempts' | 'clientFormat' | 'upstreamFormat' | 'codecVersion' | 'completeness' | 'prefixId'>,
  request: Readonly<Record<string, unknown>>,
  prefix: string | null,
  upstreams: Upstreams | null,
): RecomputedRequest {
  const recomputed = recomputeUpstreamBody(call, request, prefix, upstreams);
  return recomputed.type === 'unknown' ? recomputed : { ...recomputed, body: JSON.stringify(recomputed.body) };
}

/** The same as a value, for those who look into it. It shares parts with the request and is not to be changed. */
export function recomputeUpstreamBody(
  call: Parameters<typeof recomputeUpstreamRequest>[0],
  request: Readonly<Record<string, unknown>>,
  prefix: string | null,
  upstreams: Upstreams | null,
): RecomputedRequest<unknown> {
  const sent = call.attempts.at(-1);
  if (sent === undefined || call.upstreamFormat === null) return { type: 'unknown', reason: 'nothing_sent' };
  if (call.prefixId !== null && prefix === null) return { type: 'unknown', reason: 'prefix_missing' };
  const upstream = upstreams === null ? null : upstreamOf(upstreams, sent.model);
  if (upstream === null) return { type: 'unknown', reason: 'not_configured' };
  const { provider, format, target } = upstream;
  // Stored requests were canonical when they came in.
  const given = request as unknown as CanonicalBody;
  const body = prefix === null ? given : placePrefix(given, prefix);
  const encoded = encodeForProvider(provider, target, { body, extras: {} });
  const inexact: InexactReason[] = [];
  if (format.version !== call.codecVersion) inexact.push('codec_version');
  if (call.clientFormat === call.upstreamFormat) inexact.push('forwarded');
  else if (call.clientFormat !== 'anthropic-messages') inexact.push('client_format');
  if (hasServerTools(request) && call.upstreamFormat !== 'anthropic-messages') inexact.push('server_tools');
  if (call.completeness.redacted) inexact.push('redacted');
  return { type: 'recomputed', body: encoded.body, inexact };
}

type Upstream = ReturnType<typeof makeUpstream>;

/** By configuration, which nobody changes: thousands of calls are written anew for the same few models. */
const knownUpstreams = new WeakMap<Upstreams, Map<string, Upstream>>();

function upstreamOf(upstreams: Upstreams, modelId: string): Upstream | null {
  const known = knownUpstreams.get(upstreams) ?? new Map<string, Upstream>();
  knownUpstreams.set(upstreams, known);
  const atHand = known.get(modelId);
  if (atHand !== undefined) return atHand;
  const model = upstreams.models.find((each: ModelConfig) => each.id === modelId);
  if (model === undefined) return null;
  const upstream = makeUpstream(upstreams, model);
  known.set(modelId, upstream);
  return upstream;
}

function makeUpstream(upstreams: Upstreams, model: ModelConfig) {
  const provider = resolveProvider(model.provider, upstreams);
  return { provider, format: providerFormat(provider), target: providerTarget(provider, model) };
}

/** Tools that a client declares by type, for somebody else to run. */
function hasServerTools(request: Readonly<Record<string, unknown>>): boolean {
  const { tools } = request;
  return (
    Array.isArray(tools) &&
    tools.some((tool: unknown) => isJsonObject(tool) && /^web_(search|fetch)_/.test(String(tool['type'])))
  );
}
