import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall, OfferedRequest } from '#shared/domain/offered-call.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ClientFormat } from '#shared/formats/format.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { lookUp } from '../look-up.ts';

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
  const { call, request } = offered;
  return {
    v: 1,
    call,
    request: request === null ? null : canonicalRequestOf(request).canonical,
    response: responseOf(offered),
    upstreamRaw: upstreamRawOf(offered),
  };
}

/** The delivered message. Throws `invalid_request`. */
export function responseOf({ response }: OfferedCall): JsonObject | null {
  return response === null ? null : jsonObjectOf(response, 'response');
}

export function upstreamRawOf({ upstreamRaw }: OfferedCall): string | null {
  if (upstreamRaw === null || typeof upstreamRaw === 'string') return upstreamRaw;
  return Buffer.concat(upstreamRaw).toString('utf8');
}

export interface CanonicalRequest {
  readonly canonical: JsonObject;
  /** Its messages are those that stand in the client's bytes, untouched. */
  readonly hasGivenMessages: boolean;
}

/** The canonical request that an offer stands for. Throws `invalid_request`. */
export function canonicalRequestOf(request: OfferedRequest): CanonicalRequest {
  if ('canonical' in request) return { canonical: request.canonical, hasGivenMessages: false };
  const given = jsonObjectOf(bufferOf(request.bytes).toString('utf8'), 'request');
  const decoded = clientFormatOf(request.clientFormat).decodeRequest(given);
  if (decoded.type === 'rejected') throw new TrimtabError('invalid_request', 'request that its format rejects');
  const canonical = decoded.canonical.body as unknown as JsonObject;
  return { canonical, hasGivenMessages: canonical['messages'] === given['messages'] };
}

/** Whether a client's format takes messages as they are given. */
export function takesAsGiven(clientFormat: string, messages: readonly unknown[]): boolean {
  if (messages.length === 0) return true;
  const decoded = clientFormatOf(clientFormat).decodeRequest({ model: 'any', max_tokens: 1, messages });
  const body: { readonly messages?: unknown } | null = decoded.type === 'decoded' ? decoded.canonical.body : null;
  return body?.messages === messages;
}

/** The same memory as a Buffer. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function clientFormatOf(name: string): ClientFormat {
  const format = lookUp(CLIENT_FORMATS, name);
  if (format === undefined) throw new TrimtabError('invalid_request', 'request in a format that no client speaks');
  return format;
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
