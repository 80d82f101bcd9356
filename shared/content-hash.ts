import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { uuidV7 } from './domain/call-id.ts';

/** Canonical JSON (RFC 8785): the one text that equal values share. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

/** sha256 of the canonical JSON of a value, lower-case hex. Policy and prefix ids are made this way. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The call id of a foreign gateway's call: stable over re-deliveries, and in the partition of its start time. */
export function foreignCallId(projectId: string, source: string, id: string, startedAtMs: number): string {
  const tail = createHash('sha256').update(`${projectId}\u0000${source}\u0000${id}`).digest();
  return uuidV7(startedAtMs, tail);
}
