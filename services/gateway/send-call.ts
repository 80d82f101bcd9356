import { setTimeout as delay } from 'node:timers/promises';
import { type ApiError, brokenUpstream } from '#shared/formats/api-error.ts';
import type { Log } from '#shared/log.ts';
import type { UpstreamHeaders } from '#shared/upstream/open-answer.ts';
import { readBody } from '#shared/upstream/read-body.ts';
import { type SendFailure, type SendOutcome, sendRequest } from '#shared/upstream/send-request.ts';
import type { UpstreamBody } from '#shared/upstream/upstream-body.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import type { AttemptLog } from './attempt-log.ts';
import type { ModelCatalogue, ServedModel } from './config.ts';
import { type EncodedCall, encodeCall } from './encode-call.ts';
import type { RoutedCall } from './routed-call.ts';
import type { UpstreamHealth } from './upstream-health.ts';

export interface SendCallDeps {
  readonly pools: UpstreamPools;
  readonly models: ModelCatalogue;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly retryAfterMaxMs: number;
  readonly health: UpstreamHealth;
  readonly log: Pick<Log, 'error'>;
}

export interface SendProgress {
  readonly signal: AbortSignal;
  readonly attempts: AttemptLog;
  /** Told of each encoding, before it is sent. */
  readonly onEncoded: (encoded: EncodedCall) => void;
}

export type SentCall =
  | {
      readonly type: 'answered';
      readonly encoded: EncodedCall;
      readonly headers: UpstreamHeaders;
      readonly body: UpstreamBody;
    }
  | { readonly type: 'failed'; readonly encoded: EncodedCall | null; readonly error: ApiError; readonly raw: string }
  | { readonly type: 'cancelled'; readonly encoded: EncodedCall | null };

type FailedCall = Extract<SentCall, { type: 'failed' }>;

const ERROR_BODY_BYTES_MAX = 1024 * 1024;
const FALLBACK_STATUSES_MIN = 500;
const TOO_MANY_REQUESTS = 429;

/**
 * Sends a call until an upstream begins to answer: to the policy's target, then to its fallbacks in their order, on a
 * connection that fails, a first byte that does not come, a 429 or a 5xx. An upstream that says soon when to come back
 * is asked once more first, once in the life of a call and within its budget. One that failed again and again is asked
 * last. What a client did wrong is wrong everywhere, and goes nowhere else.
 */
export async function sendCall(deps: SendCallDeps, call: RoutedCall, progress: SendProgress): Promise<SentCall> {
  const { target, fallbacks } = call.choice;
  const named = [target.model, ...fallbacks].flatMap((model) => deps.models.get(model) ?? []);
  const queue = avoidedLast(deps.health, named);
  let failure: FailedCall = { type: 'failed', encoded: null, error: brokenUpstream('no model to send to'), raw: '' };
  let mayRetry = true;
  for (let served = queue.shift(); served !== undefined; served = queue.shift()) {
    const sent = await attempt(deps, call, served, progress);
    if (sent.type !== 'failed') return sent;
    failure = sent;
    const waitMs = mayRetry ? retryDelayMs(sent.error, deps.retryAfterMaxMs) : null;
    if (waitMs !== null && deps.health.takeRetry(served.model.id)) {
      mayRetry = false;
      queue.unshift(served);
      await delay(deps.health.spread(waitMs), undefined, { signal: progress.signal }).catch(() => undefined);
      if (progress.signal.aborted) return { type: 'cancelled', encoded: sent.encoded };
      continue;
    }
    if (!mayFallBack(progress.attempts)) return failure;
    // The one that ends the call is told with the call; nobody would hear of this one.
    if (sent.error.configurationFault === true && queue.length > 0) {
      const told = { callId: call.incoming.callId, provider: served.provider.name };
      deps.log.error(told, `${sent.error.message}; the call goes to its fallback`);
    }
  }
  return failure;
}

async function attempt(
  deps: SendCallDeps,
  call: RoutedCall,
  served: ServedModel,
  progress: SendProgress,
): Promise<SentCall> {
  const { attempts, signal } = progress;
  const encoded = encodeCall(call, served);
  progress.onEncoded(encoded);
  attempts.begin(served);
  deps.health.began(served.model.id);
  const { provider } = served;
  const { path, headers, body } = encoded;
  const outcome = await sendRequest(deps.pools, { provider, path, headers, body, signal });
  if (outcome.type === 'failed') {
    if (outcome.reason !== 'cancelled') deps.health.failed(served.model.id, undefined);
    return failedToSend(encoded, outcome, attempts);
  }
  const { status: httpStatus } = outcome;
  if (httpStatus >= 200 && httpStatus < 300) {
    attempts.end('ok', { httpStatus });
    deps.health.answered(served.model.id);
    return { type: 'answered', encoded, headers: outcome.headers, body: outcome.body };
  }
  return await refusedByUpstream(deps, call, encoded, outcome, attempts);
}

async function refusedByUpstream(
  deps: SendCallDeps,
  call: RoutedCall,
  encoded: EncodedCall,
  outcome: Extract<SendOutcome, { type: 'response' }>,
  attempts: AttemptLog,
): Promise<SentCall> {
  const { status: httpStatus, headers } = outcome;
  const { format, model } = encoded.served;
  const read = await readBody(outcome.body, ERROR_BODY_BYTES_MAX);
  const raw = read.type === 'complete' ? read.bytes.toString('utf8') : '';
  const error = format.decodeError(httpStatus, headers, raw, {
    nowSeconds: deps.now() / 1000,
    inputTokensEstimate: call.inputTokensEstimate,
    ...(model.contextTokens === undefined ? {} : { contextTokens: model.contextTokens }),
  });
  const { retryAfterSeconds } = error;
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  attempts.end('http_error', { httpStatus, error: error.message, ...wait });
  if (isUpstreamFault(httpStatus)) {
    deps.health.failed(model.id, retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000);
  } else deps.health.answered(model.id);
  return { type: 'failed', encoded, error, raw };
}

function failedToSend(
  encoded: EncodedCall,
  failure: { readonly reason: SendFailure; readonly message: string },
  attempts: AttemptLog,
): SentCall {
  const { reason, message } = failure;
  switch (reason) {
    case 'cancelled':
      attempts.end('cancelled');
      return { type: 'cancelled', encoded };
    case 'first_byte_timeout':
      attempts.end('first_byte_timeout', { error: message });
      return failed(encoded, { type: 'timeout_error', message, status: 504, retryable: true });
    case 'connect_error':
      attempts.end('connect_error', { error: message });
      return failed(encoded, brokenUpstream(message));
    case 'misconfigured':
      attempts.end('connect_error', { error: message });
      return failed(encoded, {
        ...brokenUpstream(message),
        retryable: false,
        shouldRetry: false,
        configurationFault: true,
      });
    default:
      return reason satisfies never;
  }
}

function failed(encoded: EncodedCall, error: ApiError): SentCall {
  return { type: 'failed', encoded, error, raw: '' };
}

function retryDelayMs(error: ApiError, maxMs: number): number | null {
  if (error.retryAfterSeconds === undefined || error.shouldRetry === false || !error.retryable) return null;
  const waitMs = error.retryAfterSeconds * 1000;
  return waitMs <= maxMs ? Math.max(0, waitMs) : null;
}

function mayFallBack(log: AttemptLog): boolean {
  const last = log.attempts.at(-1);
  if (last?.outcome === 'connect_error' || last?.outcome === 'first_byte_timeout') return true;
  return isUpstreamFault(last?.httpStatus ?? 0);
}

function isUpstreamFault(httpStatus: number): boolean {
  return httpStatus === TOO_MANY_REQUESTS || httpStatus >= FALLBACK_STATUSES_MIN;
}

/** The last one is asked in any case: a call that nobody was asked for helps nobody. */
function avoidedLast(health: UpstreamHealth, named: ServedModel[]): ServedModel[] {
  if (named.length < 2) return named;
  const avoided = new Set(named.filter(({ model }) => health.isAvoided(model.id)));
  if (avoided.size === 0) return named;
  return [...named.filter((served) => !avoided.has(served)), ...avoided];
}
