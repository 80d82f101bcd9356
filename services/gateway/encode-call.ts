import type { Canonical, CanonicalBody } from '#shared/formats/canonical.ts';
import { readBetas } from '#shared/formats/hosted-anthropic/host-request.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { encodeOneByte, toOneByte } from '#shared/formats/one-byte-json.ts';
import { patchRequestBody as patchChatBody } from '#shared/formats/openai-chat/patch-request-body.ts';
import { patchRequestBody as patchResponsesBody } from '#shared/formats/openai-responses/patch-request-body.ts';
import { plainServerTools } from '#shared/formats/server-tools/plain-server-tools.ts';
import { encodeOneByteBody } from '#shared/formats/write-once.ts';
import { encodeForProvider } from '#shared/providers/encode-for-provider.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import type { ServedModel } from './config.ts';
import { decodeCall } from './decode-call.ts';
import type { RoutedCall } from './routed-call.ts';
import { runsServerTools } from './server-tools/runs-server-tools.ts';
import { spliceJson } from './splice-json.ts';

export interface EncodedCall {
  readonly served: ServedModel;
  /** What was encoded, in the form that the format of the model takes. */
  readonly canonical: Canonical;
  readonly prefixId: string | null;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly losses: readonly Loss[];
  /** Client and upstream speak one format: bytes go through as they are, both ways. */
  readonly isForwarded: boolean;
  /** The upstream is asked for the usage of a stream whose client is not to see it. */
  readonly hidesUsage?: boolean;
}

/** What an Anthropic-format upstream has to hear as the client said it. */
const FORWARDED_HEADERS = ['anthropic-version', 'anthropic-beta'];

/** Writes a call for one model. The prefix belongs to the target that the policy chose, and to no fallback. */
export function encodeCall(call: RoutedCall, served: ServedModel): EncodedCall {
  const { choice, pin, incoming } = call;
  const translation = translationFor(call, served);
  const canonical = translation?.canonical ?? canonicalFor(call, served);
  const isOneByte = canonical.isOneByte === true;
  const wanted = served.model.id === choice.target.model ? choice.target.prefixId : undefined;
  const prefix = wanted === undefined ? undefined : pin.prefixes[wanted];
  const body =
    prefix === undefined ? canonical.body : placePrefix(canonical.body, isOneByte ? toOneByte(prefix) : prefix);
  const betas = readBetas(incoming.headers['anthropic-beta']);
  const encoded = encodeForProvider(served.provider, served.target, { ...canonical, body }, betas);
  const prefixId = prefix === undefined ? null : (wanted ?? null);
  const base = { served, canonical, prefixId, path: encoded.path, headers: encoded.headers };
  if (translation !== undefined || !isForwardable(call, served)) {
    const losses = [...call.requestLosses, ...(translation?.losses ?? []), ...encoded.losses];
    return { ...base, body: bodyBytes(encoded.body, isOneByte), losses, isForwarded: false };
  }
  if (incoming.clientFormat.name !== 'anthropic-messages') {
    const hidesUsage = asksForUsage(call, served);
    const more = hidesUsage ? { stream_options: usageOptions(canonical) } : {};
    return { ...base, body: openaiBytes(call, prefix, more), losses: [], isForwarded: true, hidesUsage };
  }
  return {
    ...base,
    headers: isHosted(served) ? encoded.headers : { ...encoded.headers, ...forwardedHeaders(call) },
    body: patchBytes(incoming.bytes, canonical, encoded.body as CanonicalBody),
    losses: encoded.losses,
    isForwarded: true,
  };
}

/** The request for an upstream whose tools the gateway runs; undefined when there are none, or the upstream runs them. */
function translationFor({ translation }: RoutedCall, served: ServedModel): RoutedCall['translation'] {
  if (translation === undefined || runsServerTools(served)) return undefined;
  if (served.format.name !== 'anthropic-messages') return translation;
  // The codec hands the format's own blocks on; a cloud without its tools takes them as calls of functions only.
  const losses = [...translation.losses];
  const { canonical } = translation;
  const body = plainServerTools({ format: served.format.name, losses }, canonical.body);
  return { canonical: { ...canonical, body }, losses };
}

/** The request in a form that the model's format takes. It was decoded before, so it is decoded again without a fault. */
function canonicalFor({ incoming, canonical }: RoutedCall, { format }: ServedModel): Canonical {
  if (canonical.isOneByte !== true || format.takesOneByte === true) return canonical;
  const decoded = decodeCall(incoming.clientFormat, incoming.bytes, { oneByte: false });
  if (decoded.type === 'refused') throw new Error(`a request was taken and then refused: ${decoded.error.message}`);
  return decoded.content.canonical;
}

function bodyBytes(body: unknown, isOneByte: boolean): Buffer {
  return isOneByte && isJsonObject(body) ? encodeOneByteBody(body) : jsonBytes(body, isOneByte);
}

function jsonBytes(value: unknown, isOneByte: boolean): Buffer {
  return isOneByte ? encodeOneByte(value) : Buffer.from(JSON.stringify(value));
}

/**
 * Whether the bytes of the client can go on as they are. OpenAI's models differ in the parameters that they take, so a
 * request goes to the very model that it was written for, or through the encoder, which knows the other one.
 */
export function isForwardable(
  {
    incoming,
    canonical,
  }: { readonly incoming: Pick<RoutedCall['incoming'], 'clientFormat'>; readonly canonical: Canonical },
  served: ServedModel,
): boolean {
  if (served.format.name !== incoming.clientFormat.name) return false;
  return served.format.name === 'anthropic-messages' || canonical.body.model === served.target.model;
}

/** Whether a cloud has the model: it takes version and flags where the codec has put them. */
function isHosted({ provider }: ServedModel): boolean {
  return provider.hosting !== undefined;
}

type PatchBody = (body: JsonObject, patch: { readonly model: string; readonly prefix: string }) => JsonObject;
const PREFIX_PATCHES: Readonly<Record<string, PatchBody>> = {
  'openai-chat': patchChatBody,
  'openai-responses': patchResponsesBody,
};

/** Whether a stream of chunks would say nothing of its usage, because the client has not asked for it. */
function asksForUsage({ incoming, canonical }: RoutedCall, { target }: ServedModel): boolean {
  const isChatStream = incoming.clientFormat.name === 'openai-chat' && canonical.body.stream === true;
  return isChatStream && target.acceptsStreamOptions && canonical.clientOptions?.['includeUsage'] !== true;
}

function usageOptions({ clientOptions }: Canonical): JsonObject {
  const given = clientOptions?.['streamOptions'];
  return { ...(isJsonObject(given) ? given : {}), include_usage: true };
}

/**
 * The bytes of an OpenAI request, with the prefix in the member that holds its instructions.
 *
 * @param more members to write beside it
 */
function openaiBytes({ incoming, canonical }: RoutedCall, prefix: string | undefined, more: JsonObject): Buffer {
  const patch = PREFIX_PATCHES[incoming.clientFormat.name];
  if (prefix === undefined || patch === undefined) {
    return Object.keys(more).length === 0 ? incoming.bytes : spliceJson(incoming.bytes, more);
  }
  const original = JSON.parse(incoming.bytes.toString('utf8')) as JsonObject;
  const patched = patch(original, { model: canonical.body.model, prefix });
  const changed = Object.entries(patched).filter(([name, value]) => value !== original[name]);
  return spliceJson(incoming.bytes, { ...Object.fromEntries(changed), ...more });
}

/** The client's own bytes, with only those top-level members written anew that the policy or the codec changed. */
function patchBytes(bytes: Buffer, canonical: Canonical, patched: CanonicalBody): Buffer {
  const original = canonical.body;
  if (patched === original) return bytes;
  const before = original as unknown as Readonly<Record<string, unknown>>;
  const changed = Object.entries(patched).filter(([name, value]) => value !== before[name]);
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(patched, name));
  if (changed.length === 0 && removed.length === 0) return bytes;
  const members = Object.fromEntries([...changed, ...removed.map((name) => [name, undefined] as const)]);
  return spliceJson(bytes, members, (value) => jsonBytes(value, canonical.isOneByte === true));
}

function forwardedHeaders(call: RoutedCall): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED_HEADERS) {
    const value = call.incoming.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}
