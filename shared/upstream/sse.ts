import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';

/** One server-sent event; `event` is absent when the stream did not name it. */
export interface SseEvent {
  readonly event?: string | undefined;
  readonly id?: string | undefined;
  readonly data: string;
}

/** Longest single event that is buffered, in characters. A larger one ends the parse. */
const SSE_BUFFER_CHARACTERS_MAX = 8 * 1024 * 1024;

export interface SseParser {
  /** Events that became complete with these bytes; empty after a failure. */
  push(bytes: Uint8Array): SseEvent[];
  /** A last event that lacks only its blank line. */
  end(): SseEvent[];
  /** Set when an event outgrew the buffer. Nothing is parsed after that. */
  readonly failure: 'event_too_large' | null;
}

/** Parses a byte stream that may be cut anywhere, inside a line, a CRLF or a UTF-8 character. */
export function createSseParser(options: { readonly bufferCharactersMax?: number } = {}): SseParser {
  const text = new StringDecoder('utf8');
  let events: SseEvent[] = [];
  let failure: SseParser['failure'] = null;
  const parser = createParser({
    maxBufferSize: options.bufferCharactersMax ?? SSE_BUFFER_CHARACTERS_MAX,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') failure = 'event_too_large';
    },
  });
  const feed = (piece: string): SseEvent[] => {
    if (failure === null && piece !== '') parser.feed(piece);
    const parsed = events;
    events = [];
    return parsed;
  };
  return {
    push: (bytes) => feed(text.write(bytes)),
    // Servers that close without the final blank line lose no event; a line cut in the middle does not parse as JSON.
    end: () => feed(`${text.end()}\n\n`),
    get failure() {
      return failure;
    },
  };
}

/** Wire text of one event. Line breaks inside `data` become several `data:` lines, as the standard asks. */
export function encodeSseEvent(event: SseEvent): string {
  const name = event.event === undefined ? '' : `event: ${event.event}\n`;
  const id = event.id === undefined ? '' : `id: ${event.id}\n`;
  const data = event.data.includes('\n') ? event.data.split('\n').join('\ndata: ') : event.data;
  return `${name}${id}data: ${data}\n\n`;
}
