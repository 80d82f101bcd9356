import { TrimtabError } from '../../errors.ts';

/** Codes of a network that fails now and may not fail later; of Node, of undici, and of what resolves names. */
const TRANSIENT =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|UND_ERR_\w+|AbortError|TimeoutError)\b/;
const STATUS_SERVER_FAULT = 500;
const MESSAGE_CHARACTERS_MAX = 200;
/** Names of accounts, and whatever stands in front of an `@`: clients get to read this. */
const PRIVATE = /\barn:aws[\w:/+=,.@-]*|[\w.+-]+@[\w.-]+/g;

/**
 * What it means that no credentials could be had: a service that hands them out and is down is an outage, on which a
 * call falls back; everything else is a configuration that somebody has to mend.
 */
export function credentialFault(what: string, error: unknown, advice: string): TrimtabError {
  const message = describe(error);
  if (isTransient(error)) {
    return new TrimtabError('upstream_unreachable', `${what} cannot be fetched now: ${message}`, { cause: error });
  }
  return new TrimtabError('upstream_misconfigured', `no ${what}: ${message}; ${advice}`, { cause: error });
}

function describe(error: unknown): string {
  if (error instanceof Error && 'path' in error && 'code' in error)
    return `a file cannot be read (${String(error.code)})`;
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(PRIVATE, '[…]').slice(0, MESSAGE_CHARACTERS_MAX);
}

function isTransient(error: unknown): boolean {
  // An address that may not be called will not be called later either.
  if (!(error instanceof Error) || error instanceof TrimtabError) return false;
  const { code, status, cause } = error as { code?: unknown; status?: unknown; cause?: unknown };
  if (isOurs(cause)) return false;
  if (typeof status === 'number') return status >= STATUS_SERVER_FAULT || status === 429;
  return TRANSIENT.test(`${String(code)} ${error.name}`) || isTransient(cause);
}

function isOurs(cause: unknown): boolean {
  return cause instanceof TrimtabError || (cause instanceof Error && isOurs(cause.cause));
}
