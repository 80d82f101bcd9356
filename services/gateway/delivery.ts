import type { CallAttempt, CallStatus } from '#shared/domain/call.ts';
import type { ApiError } from '#shared/formats/api-error.ts';
import type { CanonicalMessage } from '#shared/formats/canonical.ts';
import type { Loss } from '#shared/formats/loss.ts';
import type { RawReply } from './raw-reply.ts';

/** How an answer went on its way from the upstream to the client. */
export interface Delivery {
  readonly status: CallStatus;
  /** What the client received; a part of it when the call is not ok. */
  readonly message: CanonicalMessage | null;
  /** JSON text of the message, where it was written for the client anyway. */
  readonly messageText?: string;
  readonly upstreamStopReason: string | null;
  readonly error: ApiError | null;
  /** How the last attempt ended. */
  readonly outcome: CallAttempt['outcome'];
  readonly timeToFirstChunkMs: number | null;
  /** Losses of the response side. */
  readonly losses: readonly Loss[];
  readonly upstreamRaw: RawReply;
  readonly isTruncated: boolean;
}
