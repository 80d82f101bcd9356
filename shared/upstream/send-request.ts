import { TrimtabError } from '../errors.ts';
import type { ResolvedProvider } from '../providers/registry.ts';
import { openAnswer, type UpstreamHeaders } from './open-answer.ts';
import type { UpstreamBody } from './upstream-body.ts';
import type { UpstreamPools } from './upstream-pools.ts';

export interface UpstreamRequest {
  readonly provider: ResolvedProvider;
  /** Appended to the provider's base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  readonly signal: AbortSignal;
}

/** Why there is no response; each of them happened before its first byte. */
export type SendFailure = 'connect_error' | 'first_byte_timeout' | 'cancelled' | 'misconfigured';

export type SendOutcome =
  | {
      readonly type: 'response';
      readonly status: number;
      readonly headers: UpstreamHeaders;
      readonly body: UpstreamBody;
    }
  | { readonly type: 'failed'; readonly reason: SendFailure; readonly message: string };

const USER_AGENT = 'trimtab';

/**
 * Posts one request to an upstream and waits for the headers of its response. Redirects are never followed, and only
 * the headers given here and the provider's own are sent. The provider's headers win: no caller replaces a credential. A
 * credential that cannot be had is a misconfigured upstream, and never the client's fault.
 */
export async function sendRequest(pools: UpstreamPools, request: UpstreamRequest): Promise<SendOutcome> {
  const { provider } = request;
  try {
    const { url, path, pool } = pools.addressFor(provider, request.path);
    const { body } = request;
    const headers = { 'user-agent': USER_AGENT, 'content-type': 'application/json', ...request.headers };
    const authorized = pools.authorizerFor(provider).authorize({ method: 'POST', url, headers, body });
    // Keys are there at once; only what has to be signed or fetched is waited for.
    const credentials = authorized instanceof Promise ? await authorized : authorized;
    const answer = await openAnswer(
      pool,
      { method: 'POST', path, headers: { ...headers, ...credentials }, body },
      { signal: request.signal, totalTimeoutMs: pools.totalTimeoutMs },
    );
    return { type: 'response', status: answer.status, headers: answer.headers, body: answer.body };
  } catch (error) {
    return { type: 'failed', ...describeFailure(error, provider, request.signal) };
  }
}

function describeFailure(
  error: unknown,
  provider: ResolvedProvider,
  signal: AbortSignal,
): { reason: SendFailure; message: string } {
  if (signal.aborted) return { reason: 'cancelled', message: 'the call was cancelled' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof TrimtabError && error.retryable) {
    return { reason: 'connect_error', message: `provider ${provider.name}: ${text}` };
  }
  if (error instanceof TrimtabError || code === 'ERR_INVALID_URL') {
    return { reason: 'misconfigured', message: `provider ${provider.name}: ${text}` };
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return { reason: 'first_byte_timeout', message: `provider ${provider.name} did not begin to answer in time` };
  }
  // The address of an in-house upstream is not the client's to know; the code says enough.
  return { reason: 'connect_error', message: `provider ${provider.name} cannot be reached (${code || 'unknown'})` };
}
