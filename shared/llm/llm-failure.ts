import type { LlmError } from './llm.ts';

const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 409, 425, 429]);
const MESSAGE_CHARACTERS_MAX = 300;

/** The part of both SDKs' errors that matters; an error without a status never reached the provider. */
interface SdkError {
  readonly status?: number | undefined;
  readonly headers?: Headers | undefined;
  readonly message: string;
  /** Said by the codecs, which know more of a failure than its status. */
  readonly retryable?: boolean | undefined;
}

/**
 * What an error of an SDK means. Everything without a status (refused connections, time-outs, cut replies) may succeed
 * later; a 4xx will not, however often it is sent.
 */
export function toLlmError(error: unknown): LlmError {
  const { status, headers, message, retryable: said } = describeLlmFailure(error);
  const retryable = said ?? (status === undefined || status >= 500 || RETRYABLE_STATUS.has(status));
  return {
    kind: retryable ? 'retryable' : 'invalid',
    message: message.slice(0, MESSAGE_CHARACTERS_MAX),
    status: status ?? null,
    retryAfterSeconds: secondsOf(headers?.get('retry-after') ?? null),
  };
}

export function llmRefusal(message: string): LlmError {
  return { kind: 'refused', message: message.slice(0, MESSAGE_CHARACTERS_MAX), status: null, retryAfterSeconds: null };
}

/** Status, headers and message of whatever an SDK threw. */
export function describeLlmFailure(error: unknown): SdkError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { status, headers, retryable } = error as Partial<SdkError>;
  return {
    retryable: typeof retryable === 'boolean' ? retryable : undefined,
    message: error.message,
    status: typeof status === 'number' ? status : undefined,
    // Two implementations of Headers are about, undici's and Node's own; what counts is that it can be asked.
    headers: typeof headers?.get === 'function' ? headers : undefined,
  };
}

function secondsOf(retryAfter: string | null): number | null {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
