import type { Call } from './call.ts';

/**
 * A finished call as the request path hands it over: what it holds anyway, without a copy, a parse or a stringify made
 * for the record's sake. The record itself (`CallRecord`) is derived later and elsewhere. Bytes are read during the
 * hand-over only, so they may be used again afterwards.
 */
export interface OfferedCall {
  /** `capture` says what of the content may be kept; it is applied before anything is written. */
  readonly call: Call;
  readonly request: OfferedRequest | null;
  /** JSON text of the delivered canonical message. */
  readonly response: string | null;
  /** The raw reply as it was read, or as text. */
  readonly upstreamRaw: readonly Uint8Array[] | string | null;
}

/** The client's own bytes in the format of that name, or the canonical request where there are none. */
export type OfferedRequest =
  | { readonly bytes: Uint8Array; readonly clientFormat: string }
  | { readonly canonical: Readonly<Record<string, unknown>> };
