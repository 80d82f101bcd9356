import type { CanonicalBody } from '#shared/formats/canonical.ts';
import type { Loss } from '#shared/formats/loss.ts';
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
  const isForwarded = served.format.name === incoming.clientFormat.name;
  return {
    served,
    prefixId: prefix === undefined ? null : (wanted ?? null),
    path: encoded.path,
    headers: isForwarded ? { ...encoded.headers, ...forwardedHeaders(call) } : encoded.headers,
    body: isForwarded
      ? patchBytes(incoming.bytes, canonical.body, encoded.body as CanonicalBody)
      : JSON.stringify(encoded.body),
    losses: encoded.losses,
    isForwarded,
  };
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
