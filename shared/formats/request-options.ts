import type { Canonical, CanonicalBody } from './canonical.ts';
import { type Encoding, lose } from './encoding.ts';
import type { JsonObject } from './json-object.ts';

/** Fields that the encoders of all formats read. Every other one is dropped with a loss: the list of the API is open. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'stream',
  'thinking',
  'output_config',
]);
const DETAIL_CHARACTERS_MAX = 80;

/** Names a field of the client's in a loss; it is the client's text, so anything but plain letters goes. */
export function unreadField(what: string, key: string): string {
  return `${what} without a counterpart: ${key.replace(/[^a-z_]/g, '')}`.slice(0, DETAIL_CHARACTERS_MAX);
}

/** Notes the fields that no encoder of the format reads; `own` are those that it reads beside the usual ones. */
export function noteUnreadFields(encoding: Encoding, body: CanonicalBody, own: readonly string[] = []): void {
  for (const [key, value] of Object.entries(body)) {
    if (READ_FIELDS.has(key) || own.includes(key) || value === undefined || value === null) continue;
    lose(encoding, 'dropped', [key], unreadField('request field', key));
  }
}

/** `max_tokens` as far as the target goes; undefined when the client set none. */
export function clampMaxTokens(encoding: Encoding, body: CanonicalBody): number | undefined {
  const { maxOutputTokens } = encoding.target;
  if (body.max_tokens === undefined || maxOutputTokens === undefined || body.max_tokens <= maxOutputTokens) {
    return body.max_tokens;
  }
  lose(encoding, 'clamped', ['max_tokens'], `max_tokens clamped to ${maxOutputTokens}`);
  return maxOutputTokens;
}

type SamplingField = 'temperature' | 'top_p' | 'top_k';

/** The sampling fields that a format has, under its own names. */
export function encodeSampling(
  encoding: Encoding,
  body: CanonicalBody,
  names: Readonly<Partial<Record<SamplingField, string>>>,
): JsonObject {
  const fields: JsonObject = {};
  for (const [key, name] of Object.entries(names)) {
    const value = body[key as SamplingField];
    if (value === undefined || value === null) continue;
    if (encoding.target.acceptsSampling) fields[name] = value;
    else lose(encoding, 'dropped', [key], `target takes no ${key}`);
  }
  return fields;
}

/** The stop sequences to send, at most `most` of them. */
export function encodeStopSequences(
  encoding: Encoding,
  body: CanonicalBody,
  most = Number.POSITIVE_INFINITY,
): readonly string[] {
  const stops = (body.stop_sequences ?? []).filter((stop) => stop !== '');
  if (stops.length === 0) return stops;
  if (!encoding.target.acceptsStop) {
    lose(encoding, 'dropped', ['stop_sequences'], 'target takes no stop');
    return [];
  }
  if (stops.length > most) lose(encoding, 'clamped', ['stop_sequences'], `only ${most} stop sequences fit`);
  return stops.slice(0, most);
}

/**
 * Fields of the format's own wire family, as the client meant them. `fault` says why one is not sent, or null when it
 * is; those of other families are lost.
 */
export function encodeExtras(
  encoding: Encoding,
  extras: Canonical['extras'],
  own: keyof Canonical['extras'],
  fault: (key: string) => string | null,
): JsonObject {
  const fields: JsonObject = {};
  for (const [family, values] of Object.entries(extras)) {
    for (const [key, value] of Object.entries(values ?? {})) {
      const why = family === own ? fault(key) : 'field of another wire family';
      if (why === null) fields[key] = value;
      else lose(encoding, 'dropped', ['extras', family, key], why);
    }
  }
  return fields;
}

/** The headers of a JSON request. */
export function jsonHeaders(body: CanonicalBody, streamType = 'text/event-stream'): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', accept: body.stream === true ? streamType : 'application/json' };
}
