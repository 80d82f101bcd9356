import { fitsOneByte } from '#shared/formats/anthropic-messages/fits-one-byte.ts';
import type { ApiError } from '#shared/formats/api-error.ts';
import type { Canonical } from '#shared/formats/canonical.ts';
import type { ClientFormat } from '#shared/formats/format.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { type OneByteParse, parseOneByte } from '#shared/formats/one-byte-json.ts';
import { isTooDeep, parseBody } from './parse-body.ts';

/** A request in canonical form. */
export interface CallContent {
  readonly canonical: Canonical;
  /** What the client's request lost on its way into the canonical form. */
  readonly requestLosses: readonly Loss[];
}

export type DecodedCall =
  | { readonly type: 'decoded'; readonly content: CallContent }
  | { readonly type: 'refused'; readonly reason: 'invalid_json' | 'invalid_request'; readonly error: ApiError };

/**
 * Takes a request from its bytes to canonical form. Where the one-byte way is wanted and the request fits it, its texts
 * stay bytes; everything else, what is refused too, goes the plain way.
 */
export function decodeCall(
  clientFormat: ClientFormat,
  bytes: Buffer,
  options: { readonly oneByte: boolean; readonly parse?: (bytes: Buffer) => OneByteParse },
): DecodedCall {
  const content = options.oneByte ? decodeOneByte(clientFormat, bytes, options.parse ?? parseOneByte) : null;
  return content === null ? decodePlain(clientFormat, bytes) : { type: 'decoded', content };
}

function decodeOneByte(
  clientFormat: ClientFormat,
  bytes: Buffer,
  parse: (bytes: Buffer) => OneByteParse,
): CallContent | null {
  // The other formats look into what they decode: arguments are parsed, and media taken out of addresses.
  if (clientFormat.name !== 'anthropic-messages') return null;
  const parsed = parse(bytes);
  if (parsed.type === 'unfit' || isTooDeep(parsed.value)) return null;
  const decoded = clientFormat.decodeRequest(parsed.value);
  if (decoded.type === 'rejected' || !fitsOneByte(decoded.canonical.body)) return null;
  return { canonical: { ...decoded.canonical, isOneByte: true }, requestLosses: decoded.losses };
}

function decodePlain(clientFormat: ClientFormat, bytes: Buffer): DecodedCall {
  const parsed = parseBody(bytes);
  if (parsed.type === 'refused') return { type: 'refused', reason: 'invalid_json', error: parsed.error };
  const decoded = clientFormat.decodeRequest(parsed.value);
  if (decoded.type === 'rejected') return { type: 'refused', reason: 'invalid_request', error: decoded.error };
  const { canonical, losses } = decoded;
  return { type: 'decoded', content: { canonical, requestLosses: losses } };
}
