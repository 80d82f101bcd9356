import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';

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
  /** Whether an event begins with the next byte: what was pushed last ended in a blank line. */
  readonly isBetweenEvents: boolean;
  /** Set when an event outgrew the buffer. Nothing is parsed after that. */
  readonly failure: 'event_too_large' | null;
}

/** Parses a byte stream that may be cut anywhere, inside a line, a CRLF or a UTF-8 character. */
export function createSseParser(options: { readonly bufferCharactersMax?: number } = {}): SseParser {
  return new TextEventParser(options.bufferCharactersMax ?? SSE_BUFFER_CHARACTERS_MAX);
}

/** A class for its getter: an object literal with one would keep what was read until the whole heap is searched. */
class TextEventParser implements SseParser {
  readonly #text = new StringDecoder('utf8');
  readonly #parser: EventSourceParser;
  #events: SseEvent[] = [];
  #failure: SseParser['failure'] = null;
  #isBetweenEvents = false;

  constructor(maxBufferSize: number) {
    this.#parser = createParser({
      maxBufferSize,
      onEvent: (event) => {
        // Nearly always the only one, and a list that grows is given room for sixteen more.
        if (this.#events.length === 0) this.#events = [event];
        else this.#events.push(event);
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') this.#failure = 'event_too_large';
      },
    });
  }

  get failure(): SseParser['failure'] {
    return this.#failure;
  }

  get isBetweenEvents(): boolean {
    return this.#isBetweenEvents;
  }

  push(bytes: Uint8Array): SseEvent[] {
    const events = this.#feed(this.#text.write(bytes));
    this.#isBetweenEvents = this.#failure === null && endsInBlankLine(bytes);
    return events;
  }

  /** Servers that close without the final blank line lose no event; a line cut in the middle does not parse as JSON. */
  end(): SseEvent[] {
    return this.#feed(`${this.#text.end()}\n\n`);
  }

  #feed(piece: string): SseEvent[] {
    if (this.#failure === null && piece !== '') this.#parser.feed(piece);
    const parsed = this.#events;
    this.#events = [];
    return parsed;
  }
}

const LINE_FEED = 10;

/** Of lines that end in a line feed alone; those of others are not needed here. */
function endsInBlankLine(bytes: Uint8Array): boolean {
  return bytes[bytes.length - 1] === LINE_FEED && bytes[bytes.length - 2] === LINE_FEED;
}

/** Wire text of one event. Line breaks inside `data` become several `data:` lines, as the standard asks. */
export function encodeSseEvent(event: SseEvent): string {
  const name = event.event === undefined ? '' : `event: ${event.event}\n`;
  const id = event.id === undefined ? '' : `id: ${event.id}\n`;
  const data = event.data.includes('\n') ? event.data.split('\n').join('\ndata: ') : event.data;
  return `${name}${id}data: ${data}\n\n`;
}
