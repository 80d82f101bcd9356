import { readConverseMessage } from '../formats/bedrock-converse/read-message.ts';
import type { ErrorContext, FormatName } from '../formats/format.ts';
import { createInvokeModelReader } from '../formats/hosted-anthropic/invoke-model.ts';
import type { EventStreamFailure } from './event-stream.ts';
import { createEventStreamParser } from './event-stream-parser.ts';
import { createSseParser, type SseEvent } from './sse.ts';

const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** Turns the bytes of a streamed answer into named events, whatever framing they come in. */
export interface StreamParser {
  /** Events that became complete with these bytes; empty after a failure. */
  push(bytes: Uint8Array): SseEvent[];
  end(): SseEvent[];
  /** Whether an event begins with the next byte; false where it is not known. */
  readonly isBetweenEvents: boolean;
  /** Set when nothing more can be read. */
  readonly failure: 'event_too_large' | EventStreamFailure | null;
}

/** Whether an answer with this content type is framed in binary, and so neither forwarded nor stored as it comes. */
export function isEventStream(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith(EVENT_STREAM_TYPE) ?? false;
}

/**
 * The parser for an answer of `format` with this content type. The answer decides, not the provider: gateways in front
 * of Bedrock take its framing off. `context` is for errors that stand in the stream.
 */
export function createStreamParser(
  contentType: string | undefined,
  format: FormatName,
  context: ErrorContext,
): StreamParser {
  if (!isEventStream(contentType)) return createSseParser();
  return createEventStreamParser(
    format === 'bedrock-converse' ? readConverseMessage : createInvokeModelReader(context),
  );
}
