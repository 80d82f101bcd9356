/** Error types of the Anthropic API; every client format translates from these. */
export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'overloaded_error'
  | 'api_error';

/**
 * A failed call as a value, ready for any client format. `message` keeps the upstream's wording, because clients
 * recover by matching on it.
 */
export interface ApiError {
  readonly type: ApiErrorType;
  readonly message: string;
  /** HTTP status for the client; never 401 or 403 for a fault of the upstream's configuration. */
  readonly status: number;
  readonly retryAfterSeconds?: number;
  /** What to send as `x-should-retry`; absent leaves the choice to the client. */
  readonly shouldRetry?: boolean;
  /** Another attempt, at this target later or at another one now, may succeed with the same request. */
  readonly retryable: boolean;
  /** The upstream refuses our credentials, address or model name: somebody has to be told. */
  readonly configurationFault?: boolean;
  /** Machine-readable details that clients act on, sent as `error.details`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A fault of the request itself; the client's to fix. */
export function invalidRequest(message: string, details?: Readonly<Record<string, unknown>>): ApiError {
  const error: ApiError = { type: 'invalid_request_error', message, status: 400, retryable: false };
  return details === undefined ? error : { ...error, details };
}

/** A stream or body of the upstream that broke off or cannot be read. */
export function brokenUpstream(message: string): ApiError {
  return { type: 'api_error', message, status: 502, retryable: true };
}
