import type { Call } from '../domain/call.ts';
import type { CallRecord } from '../domain/call-record.ts';
import type { OfferedCall, OfferedRequest } from '../domain/offered-call.ts';
import { bufferOf, canonicalRequestOf, responseOf, takesAsGiven, upstreamRawOf } from '../spool/offered-call.ts';
import type { RememberedRequest, RequestMemories } from './request-memories.ts';
import { continueTranscript, type EncodedTranscript, encodeTranscript } from './transcript/encode-transcript.ts';
import { continueRequest, splitRequest } from './transcript/split-request.ts';

/** The format whose requests are canonical as they are, so that their messages can be compared as bytes. */
const CANONICAL_FORMAT = 'anthropic-messages';

interface ArrivingRequest {
  readonly call: Call;
  readonly request: Extract<OfferedRequest, { readonly bytes: Uint8Array }>;
  readonly content: Pick<CallRecord, 'response' | 'upstreamRaw'>;
  readonly remembered: RememberedRequest | null;
}

/**
 * The transcript of a call on its way into the store. What its request has in common with the one before it in the same
 * conversation is not parsed, normalised or hashed again. Throws `invalid_request` for content of which none can be
 * made.
 */
export function encodeArrivingCall(
  projectKey: Buffer,
  arriving: CallRecord | OfferedCall,
  memories: RequestMemories,
): EncodedTranscript {
  if ('v' in arriving) return encodeTranscript(projectKey, arriving);
  const { call, request } = arriving;
  const content = { response: responseOf(arriving), upstreamRaw: upstreamRawOf(arriving) };
  if (request === null) return encodeTranscript(projectKey, { ...content, request: null });
  if ('canonical' in request) return encodeTranscript(projectKey, { ...content, request: request.canonical });
  const given: ArrivingRequest = { call, request, content, remembered: memories.of(call) };
  const { transcript, split } = encodeContinued(projectKey, given) ?? encodeWhole(projectKey, given);
  if (transcript.memory !== null) memories.keep(call, { memory: transcript.memory, split }, request.bytes.length);
  return transcript;
}

interface Encoded extends Pick<RememberedRequest, 'split'> {
  readonly transcript: EncodedTranscript;
}

function encodeContinued(projectKey: Buffer, { request, content, remembered }: ArrivingRequest): Encoded | null {
  if (remembered?.split == null || request.clientFormat !== CANONICAL_FORMAT) return null;
  const continuation = continueRequest(remembered.split, bufferOf(request.bytes));
  if (continuation === null || !takesAsGiven(CANONICAL_FORMAT, continuation.added)) return null;
  const { kept, added, split } = continuation;
  const given = { ...content, request: { kept, messages: added } };
  return { transcript: continueTranscript(projectKey, remembered.memory, given), split };
}

function encodeWhole(projectKey: Buffer, { request, content, remembered }: ArrivingRequest): Encoded {
  const { canonical, hasGivenMessages } = canonicalRequestOf(request);
  const transcript = encodeTranscript(projectKey, { ...content, request: canonical }, remembered?.memory ?? null);
  const isComparable = hasGivenMessages && request.clientFormat === CANONICAL_FORMAT;
  const split = isComparable ? splitRequest(bufferOf(request.bytes)) : null;
  const isWhole = split !== null && split.ends.length === transcript.memory?.messages.length;
  return { transcript, split: isWhole ? split : null };
}
