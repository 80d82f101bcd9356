import type { ModelConfig } from '../config/config-schema.ts';
import type { CallUsage } from '../domain/call.ts';
import { type ApiError, brokenUpstream } from '../formats/api-error.ts';
import type { Canonical, CanonicalMessage } from '../formats/canonical.ts';
import type { Loss } from '../formats/loss.ts';
import { encodeForProvider } from '../providers/encode-for-provider.ts';
import { providerFormat } from '../providers/provider-format.ts';
import { providerTarget } from '../providers/provider-target.ts';
import type { ResolvedProvider } from '../providers/registry.ts';
import { placePrefix } from '../routing/place-prefix.ts';
import { callUsage } from './call-usage.ts';
import { readBody } from './read-body.ts';
import { sendRequest } from './send-request.ts';
import type { UpstreamPools } from './upstream-pools.ts';

export interface SendCanonicalDeps {
  readonly pools: UpstreamPools;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

export interface CanonicalSend {
  readonly provider: ResolvedProvider;
  /** A bare id is a model of which nothing more is known. */
  readonly model: Pick<ModelConfig, 'id' | 'family' | 'maxOutputTokens' | 'contextTokens' | 'reasoningEffort'>;
  readonly canonical: Canonical;
  /** Text of a prompt prefix to put in. */
  readonly prefix?: string | undefined;
  /** Tool ids of upstreams that have none are made of it; for a replay, the id of the call that is replayed. */
  readonly callId: string;
  readonly signal: AbortSignal;
}

export type CanonicalReply =
  | {
      readonly ok: true;
      readonly message: CanonicalMessage;
      /** Of the request and of the response. */
      readonly losses: readonly Loss[];
      readonly raw: string;
      readonly durationMs: number;
      readonly usage: CallUsage;
      readonly upstreamStopReason: string | null;
    }
  | { readonly ok: false; readonly error: ApiError; readonly durationMs: number };

const CANCELLED: ApiError = { type: 'api_error', message: 'the call was cancelled', status: 499, retryable: true };

/**
 * Sends one request to one upstream and waits for its whole answer: no policy, no fallback, no stream. Expected
 * failures are values, a cancelled signal among them.
 */
export async function sendCanonical(deps: SendCanonicalDeps, send: CanonicalSend): Promise<CanonicalReply> {
  const startedAtMs = deps.now();
  const { provider, model, signal } = send;
  const format = providerFormat(provider);
  const { stream: _stream, ...unstreamed } = send.canonical.body;
  const body = send.prefix === undefined || send.prefix === '' ? unstreamed : placePrefix(unstreamed, send.prefix);
  const encoded = encodeForProvider(provider, providerTarget(provider, model), { ...send.canonical, body });
  const durationMs = () => deps.now() - startedAtMs;
  const fail = (error: ApiError): CanonicalReply => ({ ok: false, error, durationMs: durationMs() });

  const outcome = await sendRequest(deps.pools, {
    provider,
    path: encoded.path,
    headers: encoded.headers,
    body: JSON.stringify(encoded.body),
    signal,
  });
  if (outcome.type === 'failed') return fail(signal.aborted ? CANCELLED : sendFailure(outcome));
  const read = await readBody(outcome.body);
  if (read.type === 'failed') return fail(signal.aborted ? CANCELLED : brokenUpstream('the answer broke off'));
  const raw = read.bytes.toString('utf8');
  const nowSeconds = Math.floor(startedAtMs / 1000);
  if (outcome.status < 200 || outcome.status >= 300) {
    const { contextTokens } = model;
    const context = { nowSeconds, ...(contextTokens === undefined ? {} : { contextTokens }) };
    return fail(format.decodeError(outcome.status, outcome.headers, raw, context));
  }
  const parsed = parseJson(raw);
  if (parsed === undefined) return fail(brokenUpstream('the answer is not JSON'));
  const decoded = format.decodeResponse(parsed, {
    callId: send.callId,
    nowSeconds,
    request: body,
    targetModel: model.id,
    ...(model.family === undefined ? {} : { targetFamily: model.family }),
  });
  if (decoded.type === 'failed') return fail(decoded.error);
  const { message, upstreamStopReason } = decoded;
  const losses = [...encoded.losses, ...decoded.losses];
  return {
    ok: true,
    message,
    losses,
    raw,
    durationMs: durationMs(),
    usage: callUsage(message.usage),
    upstreamStopReason,
  };
}

function sendFailure(failure: { readonly reason: string; readonly message: string }): ApiError {
  const { message } = failure;
  if (failure.reason === 'first_byte_timeout') return { type: 'timeout_error', message, status: 504, retryable: true };
  const error = brokenUpstream(message);
  return failure.reason === 'misconfigured' ? { ...error, retryable: false, configurationFault: true } : error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
