/** One request as a fake provider received it. */
export interface FakeRequest {
  /** From 0, over the life of the provider. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  /** The model that is asked, from the body or the path. */
  readonly model: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bodyText: string;
  readonly streamed: boolean;
  /** Settles once the client has cancelled the request, or it is answered. */
  readonly ended: Promise<'answered' | 'cancelled'>;
}

export interface FakeToolCall {
  readonly id?: string | undefined;
  readonly name: string;
  /** A value is sent as its JSON; a text is sent as it is, well-formed or not. */
  readonly arguments: unknown;
}

/** What the fake model says, in neither wire format. */
export interface FakeMessage {
  readonly text?: string | undefined;
  readonly reasoning?: string | undefined;
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  readonly stopReason?: 'stop' | 'length' | 'tool' | 'refusal' | undefined;
  readonly usage?: { readonly input: number; readonly output: number; readonly cacheRead?: number } | undefined;
  readonly model?: string | undefined;
}

/** How it says it. */
export interface FakeDelivery {
  /** Wait before the headers, in milliseconds. */
  readonly headersDelayMs?: number | undefined;
  /** Wait before each piece of a stream after the headers, in milliseconds. */
  readonly pieceDelayMs?: number | undefined;
  /** Characters of text or arguments in one stream event. */
  readonly pieceCharacters?: number | undefined;
  /** The connection breaks after so many events of the stream (or in the middle of a body that is not streamed). */
  readonly cutAfterEvents?: number | undefined;
  /** The stream goes silent after so many events, until the client gives up. */
  readonly silentAfterEvents?: number | undefined;
}

export type FakeReply =
  | ({ readonly type: 'message' } & FakeMessage & FakeDelivery)
  | {
      readonly type: 'http';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      /** A text is sent as it is, anything else as JSON. */
      readonly body: unknown;
      readonly headersDelayMs?: number | undefined;
    }
  /** Exact wire bytes, in the given pieces. */
  | {
      readonly type: 'raw';
      readonly headers: Readonly<Record<string, string>>;
      readonly pieces: readonly (string | Uint8Array)[];
      readonly cut?: boolean | undefined;
      /** Nothing follows the pieces, until the client gives up. */
      readonly silent?: boolean | undefined;
    }
  /** The connection is closed before any header. */
  | { readonly type: 'reset' }
  /** No header ever comes. */
  | { readonly type: 'silence' };

export type FakeScript = (request: FakeRequest) => FakeReply | Promise<FakeReply>;
