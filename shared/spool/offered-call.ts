import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall, OfferedRequest } from '#shared/domain/offered-call.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { FormatName } from '#shared/formats/format.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';

/** A record whose content exists as objects, as an offer. */
export function offeredCallOf(record: CallRecord): OfferedCall {
  const { call, request, response, upstreamRaw } = record;
  return {
    call,
    request: request === null ? null : { canonical: request },
    response: response === null ? null : JSON.stringify(response),
    upstreamRaw,
  };
}

/**
 * The record of an offer. Throws `invalid_request` for content that no record can be made of, which a gateway that
 * decoded the same bytes before it served the call never offers.
 */
export function recordOfOffer(offered: OfferedCall): CallRecord {
  const { call, request, response, upstreamRaw } = offered;
  return {
    v: 1,
    call,
    request: request === null ? null : canonicalRequestOf(request),
    response: response === null ? null : jsonObjectOf(response, 'response'),
    upstreamRaw: upstreamRaw === null || typeof upstreamRaw === 'string' ? upstreamRaw : textOf(upstreamRaw),
  };
}

/** The canonical request that a client's bytes stand for. Throws `invalid_request`. */
function canonicalRequestOf(request: OfferedRequest): JsonObject {
  if ('canonical' in request) return request.canonical;
  const format = CLIENT_FORMATS[request.clientFormat as FormatName];
  if (format === undefined) throw new TrimtabError('invalid_request', 'request in a format that no client speaks');
  const { buffer, byteOffset, byteLength } = request.bytes;
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
  const decoded = format.decodeRequest(jsonObjectOf(text, 'request'));
  if (decoded.type === 'rejected') throw new TrimtabError('invalid_request', 'request that its format rejects');
  return decoded.canonical.body as unknown as JsonObject;
}

function jsonObjectOf(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TrimtabError('invalid_request', `${what} is not JSON`);
  }
  if (!isJsonObject(value)) throw new TrimtabError('invalid_request', `${what} is not an object`);
  return value;
}

function textOf(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('utf8');
}
