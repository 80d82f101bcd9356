import type { ModelConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import { type ApiError, brokenUpstream } from '#shared/formats/api-error.ts';
import type { CanonicalMessage } from '#shared/formats/canonical.ts';
import type { UpstreamFormat } from '#shared/formats/format.ts';
import { UPSTREAM_FORMATS } from '#shared/formats/registry.ts';
import { providerTarget } from '#shared/providers/provider-target.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import { readBody } from '#shared/upstream/read-body.ts';
import { sendRequest } from '#shared/upstream/send-request.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import type { ReplayReply, SendReplay } from './replay-call.ts';

export interface SendReplayDeps {
  readonly pools: UpstreamPools;
  readonly config: Pick<TrimtabConfig, 'providers'>;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

const MILLION = 1_000_000;
const ANTHROPIC_VERSION = '2023-06-01';

/**
 * Sends replays with the codecs and the prefix placement that the gateway sends traffic with, so that a replay differs
 * from the call in nothing but the prefix and the stream. No other model is fallen back on: one is being measured.
 */
export function createSendReplay(deps: SendReplayDeps): SendReplay {
  return async ({ model, canonical, prefix, signal }) => {
    const provider = resolveProvider(model.provider, deps.config);
    const format = UPSTREAM_FORMATS[provider.format];
    const { stream: _stream, ...plain } = canonical.body;
    const body = prefix === null ? plain : placePrefix(plain, prefix);
    const encoded = format.encodeRequest({ ...canonical, body }, providerTarget(provider, model));
    const startedAt = deps.now();
    const headers =
      format.name === 'anthropic-messages'
        ? { 'anthropic-version': ANTHROPIC_VERSION, ...encoded.headers }
        : encoded.headers;
    const sent = await sendRequest(deps.pools, {
      provider,
      path: encoded.path,
      headers,
      body: JSON.stringify(encoded.body),
      signal,
    });
    if (sent.type === 'failed') return failed(sent.message, sent.reason !== 'misconfigured');
    const read = await readBody(sent.body);
    if (read.type === 'failed') return failed(`the answer broke off (${read.reason})`, read.reason !== 'too_large');
    const raw = read.bytes.toString('utf8');
    const nowSeconds = deps.now() / 1000;
    if (sent.status < 200 || sent.status >= 300) {
      return { ok: false, error: format.decodeError(sent.status, sent.headers, raw, { nowSeconds }) };
    }
    const callId = `replay-${startedAt}`;
    const decoded = decode(format, raw, { callId, nowSeconds, request: body, targetModel: model.id });
    if ('error' in decoded) return { ok: false, error: decoded.error };
    const losses = [...encoded.losses, ...decoded.losses];
    const durationMs = deps.now() - startedAt;
    return replyOf({ message: decoded.message, losses, raw, upstreamFormat: format.name, durationMs }, model);
  };
}

type Decoded = Pick<Extract<ReplayReply, { ok: true }>, 'losses'> & { readonly message: CanonicalMessage };

function decode(
  format: UpstreamFormat,
  raw: string,
  context: Parameters<UpstreamFormat['decodeResponse']>[1],
): Decoded | { readonly error: ApiError } {
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    return { error: brokenUpstream('the answer is no JSON') };
  }
  const decoded = format.decodeResponse(body, context);
  return decoded.type === 'failed' ? { error: decoded.error } : { message: decoded.message, losses: decoded.losses };
}

function replyOf(
  reply: Decoded & { readonly raw: string; readonly upstreamFormat: string; readonly durationMs: number },
  model: ModelConfig,
): ReplayReply {
  const { usage } = reply.message;
  const cacheRead = usage.cache_read_input_tokens ?? 0;
  const cacheCreation = usage.cache_creation_input_tokens ?? 0;
  const { price } = model;
  const cost =
    usage.input_tokens * price.input +
    usage.output_tokens * price.output +
    cacheRead * (price.cacheRead ?? price.input) +
    cacheCreation * (price.cacheCreation ?? price.input);
  return {
    ...reply,
    ok: true,
    message: { ...reply.message },
    inputTokens: usage.input_tokens + cacheRead + cacheCreation,
    outputTokens: usage.output_tokens,
    costUsd: cost / MILLION,
  };
}

function failed(message: string, retryable: boolean): ReplayReply {
  return { ok: false, error: { ...brokenUpstream(message), retryable } };
}
