import type { EventStreamMessage } from '../../upstream/event-stream.ts';
import type { SseEvent } from '../../upstream/sse.ts';

/** Event names that begin with this are failures; the rest is the exception's own name. */
const EXCEPTION_PREFIX = 'exception:';

function header(message: EventStreamMessage, name: string): string {
  const value = message.headers[name];
  return typeof value === 'string' ? value : '';
}

/** One framed message as a named event: `contentBlockDelta`, or `exception:throttlingException`. */
export function readConverseMessage(message: EventStreamMessage): SseEvent {
  const type = header(message, ':message-type');
  if (type === 'exception') {
    const event = `${EXCEPTION_PREFIX}${header(message, ':exception-type')}`;
    return { event, data: message.payload.toString('utf8') };
  }
  if (type === 'error') {
    // Failures of the service in front of the model keep what they say in headers.
    const data = JSON.stringify({ message: header(message, ':error-message') });
    return { event: `${EXCEPTION_PREFIX}${header(message, ':error-code')}`, data };
  }
  return { event: header(message, ':event-type'), data: message.payload.toString('utf8') };
}

/** The exception that an event name tells of, or null when it is an ordinary event. */
export function exceptionName(event: string): string | null {
  if (event.startsWith(EXCEPTION_PREFIX)) return event.slice(EXCEPTION_PREFIX.length);
  return event.endsWith('Exception') ? event : null;
}
