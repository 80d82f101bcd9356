import type { SseEvent } from '../upstream/sse.ts';
import type { ApiError } from './api-error.ts';
import type { Canonical, CanonicalBody, CanonicalMessage, CanonicalStreamEvent } from './canonical.ts';
import type { EncodeTarget } from './encode-target.ts';
import type { Loss } from './loss.ts';

/**
 * What a decoder may know beside the bytes. Everything that would otherwise be clock or chance is here, so that any
 * replica decodes the same bytes to the same message.
 */
export interface DecodeContext {
  readonly callId: string;
  readonly nowSeconds: number;
  /** The canonical request that was sent: shortened names and ids are restored from it. */
  readonly request: CanonicalBody;
  /** The model that was asked, for upstreams that do not name themselves. */
  readonly targetModel: string;
  /** A model id that tells what the target is, where its own does not. */
  readonly targetFamily?: string;
  /** Reported at the start of a stream, and at its end by upstreams that never report usage. */
  readonly inputTokensEstimate?: number;
  /** Reasoning stands in the text of the answer: between tags, or from the start to a closing one. */
  readonly thinkTags?: 'explicit' | 'implied';
}

export interface ErrorContext {
  readonly nowSeconds: number;
  readonly inputTokensEstimate?: number;
  /** Context window of the target, for overflow errors that do not say it. */
  readonly contextTokens?: number;
}

export interface EncodedRequest {
  /** To be stringified once, by the sender. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Appended to the provider's base URL. */
  readonly path: string;
  readonly losses: readonly Loss[];
}

export type DecodedResponse =
  | {
      readonly type: 'decoded';
      readonly message: CanonicalMessage;
      readonly losses: readonly Loss[];
      /** Why the upstream says it stopped, in its own word. */
      readonly upstreamStopReason: string | null;
      /** The message is not what the upstream sent, so that its bytes cannot be forwarded for it. */
      readonly isRewritten?: true;
    }
  | { readonly type: 'failed'; readonly error: ApiError };

/** Turns upstream events into canonical ones; state is plain data, so a decoder can be moved or inspected. */
export interface StreamDecoder {
  push(event: SseEvent): CanonicalStreamEvent[];
  /**
   * Reads the bytes of one event, where the events before it tell what is in them; null for bytes that have to be parsed,
   * which are then as if they had not been given. To be asked only where an event begins.
   */
  pushUnparsed?(bytes: Buffer): CanonicalStreamEvent[] | null;
  /** The upstream closed: the closing events, or an `error` event when it broke off. Safe to call twice. */
  end(): CanonicalStreamEvent[];
  /** The message as delivered so far; null before `message_start`. */
  message(): CanonicalMessage | null;
  /** True once `message_stop` was delivered: only then is the message whole. */
  isComplete(): boolean;
  /** Set once an `error` event was delivered. */
  failure(): ApiError | null;
  losses(): readonly Loss[];
  upstreamStopReason(): string | null;
  /**
   * Whether events since the last question are not those that the upstream sent, so that its bytes cannot be forwarded
   * for them. Only a format whose events are canonical already can say so.
   */
  takeRewritten?(): boolean;
  /** Plain JSON data. */
  readonly state: unknown;
}

export type FormatName = 'anthropic-messages' | 'bedrock-converse' | 'openai-chat' | 'openai-responses' | 'gemini';

/** The side of a format that faces a provider. */
export interface UpstreamFormat {
  readonly name: FormatName;
  /** Changes when the codec's output may change, so that stored calls can be recomputed. */
  readonly version: string;
  /** Its encoder only moves and joins texts, so it may be given a request whose texts hold one character per byte. */
  readonly takesOneByte?: true;
  /** `betas` are the flags that an Anthropic client sent; clouds that host Anthropic's models want them elsewhere. */
  encodeRequest(canonical: Canonical, target: EncodeTarget, betas?: readonly string[]): EncodedRequest;
  decodeResponse(body: unknown, context: DecodeContext): DecodedResponse;
  createStreamDecoder(context: DecodeContext): StreamDecoder;
  /** `headers` have lower-case names. */
  decodeError(
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    bodyText: string,
    context: ErrorContext,
  ): ApiError;
}

export type DecodedRequest =
  | { readonly type: 'decoded'; readonly canonical: Canonical; readonly losses: readonly Loss[] }
  | { readonly type: 'rejected'; readonly error: ApiError };

export interface EncodedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The call that an answer belongs to, for client formats whose answers repeat parts of it. */
export interface AnswerContext {
  readonly callId: string;
  readonly nowSeconds: number;
  readonly request: Canonical;
}

export interface EncodedAnswer {
  readonly body: unknown;
  /** What the client's format has no place for. */
  readonly losses: readonly Loss[];
}

/** Writes the events of one answer; formats whose events refer to earlier ones keep their state here. */
export interface ClientStreamEncoder {
  /** Wire text of one event, ready to be written; empty when the format has nothing to say about it. */
  encode(event: CanonicalStreamEvent): string;
  losses(): readonly Loss[];
}

/** The side of a format that faces a client. */
export interface ClientFormat {
  readonly name: FormatName;
  decodeRequest(body: unknown): DecodedRequest;
  encodeResponse(message: CanonicalMessage, context: AnswerContext): EncodedAnswer;
  createStreamEncoder(context: AnswerContext): ClientStreamEncoder;
  encodeError(error: ApiError, callId: string): EncodedError;
}
