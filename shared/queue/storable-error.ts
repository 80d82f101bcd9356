import { RATE_LIMIT_ERROR, UnrecoverableError } from 'bullmq';
import { TrimtabError } from '#shared/errors.ts';

const MESSAGE_LENGTH_MAX = 500;
const STACK_LENGTH_MAX = 2_000;

/**
 * The error that BullMQ gets to see when a processor fails.
 *
 * Its text is made plain ASCII: PostgreSQL refuses NUL and lone surrogates, and a failure that cannot be written leaves
 * the job locked until it stalls. Its class is `Error` whatever was thrown, because BullMQ acts on names such as
 * `DelayedError`, which once completed jobs silently, and on one message. An error whose catalogue entry is not
 * retryable fails the job at once.
 */
export function toStorableError(thrown: unknown): Error {
  const text = asciiOf(thrown instanceof Error ? thrown.message : String(thrown), MESSAGE_LENGTH_MAX);
  const message = text === RATE_LIMIT_ERROR ? `error: ${text}` : text;
  const final = thrown instanceof UnrecoverableError || (thrown instanceof TrimtabError && !thrown.retryable);
  const error = final ? new UnrecoverableError(message) : new Error(message);
  if (thrown instanceof Error && thrown.stack !== undefined) error.stack = asciiOf(thrown.stack, STACK_LENGTH_MAX);
  return error;
}

function asciiOf(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(/[^\n\x20-\x7e]/g, '?');
}
