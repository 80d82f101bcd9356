import type { ModelConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { CallUsage } from '#shared/domain/call.ts';
import type { ApiError } from '#shared/formats/api-error.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { sendCanonical } from '#shared/upstream/send-canonical.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import type { SendReplay } from './replay-call.ts';
import type { ReplayPace } from './replay-pace.ts';

export interface SendReplayDeps {
  readonly pools: UpstreamPools;
  readonly config: Pick<TrimtabConfig, 'providers'>;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** As fast as the workers go when absent. */
  readonly pace?: ReplayPace;
}

const TOO_FAST: ApiError = {
  ...{ type: 'rate_limit_error', status: 429, retryable: true },
  message: 'the provider is sent as many replays as it may be',
};
/** Statuses by which providers say that they are asked too often: 529 is Anthropic's. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 529]);

const MILLION = 1_000_000;

/**
 * Sends replays with the codecs and the prefix placement that the gateway sends traffic with, so that a replay differs
 * from the call in nothing but the prefix and the stream. No other model is fallen back on: one is being measured.
 */
export function createSendReplay(deps: SendReplayDeps): SendReplay {
  return async ({ callId, model, canonical, prefix, signal }) => {
    const provider = resolveProvider(model.provider, deps.config);
    const { pace } = deps;
    if (pace !== undefined && !(await pace.turn(model.provider, signal))) return { ok: false, error: TOO_FAST };
    const how = prefix === null ? {} : { prefix };
    const reply = await sendCanonical(deps, { provider, model, canonical, callId, signal, ...how });
    if (!reply.ok) {
      if (OVERLOADED.has(reply.error.status)) await pace?.slowDown(model.provider, reply.error.retryAfterSeconds);
      return { ok: false, error: reply.error };
    }
    const { message, losses, raw, durationMs, usage } = reply;
    return {
      ok: true,
      message: { ...message },
      losses,
      raw,
      upstreamFormat: provider.format,
      durationMs,
      inputTokens: usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens,
      outputTokens: usage.outputTokens,
      costUsd: costOf(usage, model.price),
    };
  };
}

function costOf(usage: CallUsage, price: ModelConfig['price']): number {
  const cost =
    usage.inputTokens * price.input +
    usage.outputTokens * price.output +
    usage.cacheReadInputTokens * (price.cacheRead ?? price.input) +
    usage.cacheCreationInputTokens * (price.cacheWrite ?? price.input);
  return cost / MILLION;
}
