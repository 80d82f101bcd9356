import type { CanonicalBody } from '#shared/formats/canonical.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { patchRequestBody as patchChatBody } from '#shared/formats/openai-chat/patch-request-body.ts';
import { patchRequestBody as patchResponsesBody } from '#shared/formats/openai-responses/patch-request-body.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import type { ServedModel } from './config.ts';
import type { RoutedCall } from './routed-call.ts';
import { spliceJson } from './splice-json.ts';

export interface EncodedCall {
  readonly served: ServedModel;
  readonly prefixId: string | null;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  readonly losses: readonly Loss[];
  /** Client and upstream speak one format: bytes go through as they are, both ways. */
  readonly isForwarded: boolean;
}

/** What an Anthropic-format upstream has to hear as the client said it. */
const FORWARDED_HEADERS = ['anthropic-version', 'anthropic-beta'];
const ANTHROPIC_VERSION_DEFAULT = '2023-06-01';

/** Writes a call for one model. The prefix belongs to the target that the policy chose, and to no fallback. */
export function encodeCall(call: RoutedCall, served: ServedModel): EncodedCall {
  const { choice, pin, canonical, incoming } = call;
  const wanted = served.model.id === choice.target.model ? choice.target.prefixId : undefined;
  const prefix = wanted === undefined ? undefined : pin.prefixes[wanted];
  const body = prefix === undefined ? canonical.body : placePrefix(canonical.body, prefix);
  const encoded = served.format.encodeRequest({ ...canonical, body }, served.target);
  const prefixId = prefix === undefined ? null : (wanted ?? null);
  const base = { served, prefixId, path: encoded.path, headers: encoded.headers };
  if (!isForwardable(call, served)) {
    const losses = [...call.requestLosses, ...encoded.losses];
    return { ...base, body: JSON.stringify(encoded.body), losses, isForwarded: false };
  }
  if (incoming.clientFormat.name !== 'anthropic-messages') {
    return { ...base, body: prefixBytes(call, prefix), losses: [], isForwarded: true };
  }
  return {
    ...base,
    headers: { ...encoded.headers, ...forwardedHeaders(call) },
    body: patchBytes(incoming.bytes, canonical.body, encoded.body as CanonicalBody),
    losses: encoded.losses,
    isForwarded: true,
  };
}

/**
 * Whether the bytes of the client can go on as they are. OpenAI's models differ in the parameters that they take, so a
 * request goes to the very model that it was written for, or through the encoder, which knows the other one.
 */
function isForwardable({ incoming, canonical }: RoutedCall, served: ServedModel): boolean {
  if (served.format.name !== incoming.clientFormat.name) return false;
  return served.format.name === 'anthropic-messages' || canonical.body.model === served.model.id;
}

type PatchBody = (body: JsonObject, patch: { readonly model: string; readonly prefix: string }) => JsonObject;
const PREFIX_PATCHES: Readonly<Record<string, PatchBody>> = {
  'openai-chat': patchChatBody,
  'openai-responses': patchResponsesBody,
};

/** The bytes of an OpenAI request, with the prefix in the member that holds its instructions. */
function prefixBytes({ incoming, canonical }: RoutedCall, prefix: string | undefined): Buffer {
  const patch = PREFIX_PATCHES[incoming.clientFormat.name];
  if (prefix === undefined || patch === undefined) return incoming.bytes;
  const original = JSON.parse(incoming.bytes.toString('utf8')) as JsonObject;
  const patched = patch(original, { model: canonical.body.model, prefix });
  const changed = Object.entries(patched).filter(([name, value]) => value !== original[name]);
  return spliceJson(incoming.bytes, Object.fromEntries(changed));
}

/** The client's own bytes, with only those top-level members written anew that the policy or the codec changed. */
function patchBytes(bytes: Buffer, original: CanonicalBody, patched: CanonicalBody): Buffer {
  if (patched === original) return bytes;
  const before = original as unknown as Readonly<Record<string, unknown>>;
  const changed = Object.entries(patched).filter(([name, value]) => value !== before[name]);
  return changed.length === 0 ? bytes : spliceJson(bytes, Object.fromEntries(changed));
}

function forwardedHeaders(call: RoutedCall): Record<string, string> {
  const headers: Record<string, string> = { 'anthropic-version': ANTHROPIC_VERSION_DEFAULT };
  for (const name of FORWARDED_HEADERS) {
    const value = call.incoming.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}
