/**
 * The catalogue of errors that Trimtab itself raises. `code` is stable and documented, `status` is the HTTP status at
 * any of our edges, `retryable` says whether the same request may succeed later. Upstream errors are values
 * (`ApiError`), not members of this list.
 */
export const ERROR_CATALOGUE = {
  invalid_json: { status: 400, retryable: false },
  invalid_request: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  model_not_allowed: { status: 404, retryable: false },
  not_found: { status: 404, retryable: false },
  conflict: { status: 409, retryable: false },
  managed_by_file: { status: 409, retryable: false },
  request_too_large: { status: 413, retryable: false },
  not_configured: { status: 503, retryable: true },
  upstream_misconfigured: { status: 502, retryable: false },
  upstream_unreachable: { status: 502, retryable: true },
  upstream_timeout: { status: 504, retryable: true },
  store_unavailable: { status: 503, retryable: true },
  invalid_config: { status: 500, retryable: false },
  internal: { status: 500, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error with a stable code. `details` is safe to show to the caller; secrets and traffic never go in. */
export class TrimtabError extends Error {
  override readonly name = 'TrimtabError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERROR_CATALOGUE[code].status;
    this.retryable = ERROR_CATALOGUE[code].retryable;
    this.details = options.details ?? {};
  }
}
