import type { ApiError, ApiErrorType } from './api-error.ts';

interface StatusRule {
  readonly type: ApiErrorType;
  /** What the client is told, where the upstream's own status would mislead it. */
  readonly status?: number;
  readonly retryable: boolean;
  readonly configurationFault?: true;
}

const STATUS_RULES: Readonly<Record<number, StatusRule>> = {
  400: { type: 'invalid_request_error', retryable: false },
  404: { type: 'not_found_error', retryable: true, configurationFault: true },
  405: { type: 'api_error', status: 502, retryable: true },
  408: { type: 'timeout_error', retryable: true },
  409: { type: 'api_error', retryable: true },
  413: { type: 'request_too_large', retryable: false },
  422: { type: 'invalid_request_error', status: 400, retryable: false },
  424: { type: 'api_error', status: 502, retryable: true },
  425: { type: 'api_error', status: 503, retryable: true },
  429: { type: 'rate_limit_error', retryable: true },
  503: { type: 'overloaded_error', status: 529, retryable: true },
  504: { type: 'timeout_error', retryable: true },
  529: { type: 'overloaded_error', retryable: true },
};

/** Statuses with which an upstream refuses us rather than the request; the client can do nothing about them. */
const CONFIGURATION_STATUSES: Readonly<Record<number, string>> = {
  401: 'the provider rejected the configured credentials',
  402: 'the provider account has no credit left',
  403: 'the provider refused access with the configured credentials',
};

const MESSAGE_CHARACTERS_MAX = 4_000;

/** Providers echo parts of the key in their complaint, and what a client sees must not hold them. */
function withoutKeys(message: string): string {
  return message.replace(/\b(?:sk|gsk|xai|key|AIza)[-_]?[A-Za-z0-9*_-]{8,}/g, '[key]');
}

/** The upstream's wording, without the stack traces that some servers append. */
function tidy(message: string): string {
  const trace = message.search(/Traceback \(most recent call last\)|\n\s+at .+:\d+:\d+/);
  return (trace === -1 ? message : message.slice(0, trace)).trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

/** Redirects are not followed, because they would lead around the checks of an address; nor is a client to see one. */
function redirected(status: number): ApiError {
  const message = `Upstream configuration error: the provider's address redirects (HTTP ${status}); set baseUrl to where it leads`;
  return { type: 'api_error', message, status: 502, shouldRetry: false, retryable: true, configurationFault: true };
}

/** Error of an upstream by its HTTP status. A 401 or 403 of the upstream is our fault, never the client's. */
export function apiErrorForStatus(status: number, message: string): ApiError {
  const wording = tidy(message);
  const configurationFault = CONFIGURATION_STATUSES[status];
  if (configurationFault !== undefined) {
    const detail = wording === '' ? '' : `: ${withoutKeys(wording)}`;
    return {
      type: 'api_error',
      message: `Upstream configuration error: ${configurationFault} (HTTP ${status})${detail}`,
      status: 502,
      shouldRetry: false,
      retryable: true,
      configurationFault: true,
    };
  }
  const fallback: StatusRule =
    status >= 500 ? { type: 'api_error', retryable: true } : { type: 'invalid_request_error', retryable: false };
  if (status >= 300 && status < 400) return redirected(status);
  const rule = STATUS_RULES[status] ?? fallback;
  return {
    type: rule.type,
    message: wording === '' ? `The upstream answered HTTP ${status} without an explanation.` : wording,
    status: rule.status ?? status,
    retryable: rule.retryable,
    ...(rule.configurationFault ? { configurationFault: true } : {}),
  };
}
