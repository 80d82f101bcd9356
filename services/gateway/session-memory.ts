import { LRUCache } from 'lru-cache';
import type { Canonical } from '#shared/formats/canonical.ts';
import { conversationIdOf, previousResponseIdOf } from '#shared/formats/openai-responses/server-state.ts';
import { namedSession, type RequestHeaders, type SessionId, sessionFingerprint, sessionName } from './session-id.ts';
import { readTranscript, type Transcript } from './transcript.ts';

/** A request that asks which session it belongs to. */
export interface SessionRequest {
  readonly headers: RequestHeaders;
  readonly canonical: Pick<Canonical, 'body' | 'isOneByte'> & Partial<Pick<Canonical, 'extras'>>;
  readonly keyId: string | null;
  readonly callId: string;
}

/** A session, and the conversation by which its next request will be known; null where the client names its session. */
export interface FoundSession extends SessionId {
  readonly keyId: string | null;
  readonly transcript: Transcript | null;
}

/** Finds the session of a request; sessions of clients that name none are remembered from call to call. */
export interface SessionMemory {
  find(request: SessionRequest): FoundSession;
  /**
   * Remembers what was answered, so that the request that continues it is known by it.
   *
   * @param responseId of the provider, where it keeps the response and the client may refer to it
   */
  remember(session: FoundSession, answer: unknown, responseId?: string | null): void;
}

const TRANSCRIPTS_MAX = 20_000;
const TRANSCRIPT_LIFETIME_MS = 3_600_000;
const FINGERPRINTS_MAX = 20_000;

/**
 * @param options.idleMs how long a session that is known by its beginning alone may be silent
 * @param deps.now Unix time in milliseconds
 */
export function createSessionMemory(
  deps: { readonly now: () => number },
  options: { readonly sessionHeader: string | null; readonly idleMs: number },
): SessionMemory {
  // Without a resolution the time is read for each look, which costs less than a timer that says when to read it again.
  const clock = { perf: { now: deps.now }, ttlResolution: 0 };
  const transcripts = new LRUCache<string, string>({ max: TRANSCRIPTS_MAX, ttl: TRANSCRIPT_LIFETIME_MS, ...clock });
  const fingerprints = new LRUCache<string, string>({
    max: FINGERPRINTS_MAX,
    ttl: options.idleMs,
    updateAgeOnGet: true,
    ...clock,
  });
  const responses = new LRUCache<string, string>({ max: TRANSCRIPTS_MAX, ttl: TRANSCRIPT_LIFETIME_MS, ...clock });
  return {
    find({ headers, canonical, keyId, callId }) {
      const { body } = canonical;
      const named = namedSession(headers, body, options.sessionHeader);
      // Whoever names its session goes on naming it, and is spared the hashing.
      if (named !== null) return { ...named, keyId, transcript: null };
      const chained = chainedSession(responses, keyId, canonical.extras);
      if (chained !== null) return { sessionId: chained, source: 'responses-chain', keyId, transcript: null };
      const transcript = readTranscript(keyId, canonical);
      const continued = transcript.key === null ? undefined : transcripts.get(transcript.key);
      if (continued !== undefined) return { sessionId: continued, source: 'transcript', keyId, transcript };
      const fingerprint = sessionFingerprint(keyId, canonical);
      if (fingerprint === null) return { sessionId: callId, source: 'call', keyId, transcript };
      const known = fingerprints.get(fingerprint);
      if (known !== undefined) return { sessionId: known, source: 'fingerprint', keyId, transcript };
      fingerprints.set(fingerprint, callId);
      return { sessionId: callId, source: 'fingerprint', keyId, transcript };
    },
    remember({ sessionId, source, keyId, transcript }, answer, responseId = null) {
      if (transcript !== null) transcripts.set(transcript.keyWith(answer), sessionId);
      const isUnnamed = transcript !== null || source === 'responses-chain';
      if (isUnnamed && responseId !== null) responses.set(responseKey(keyId, responseId), sessionId);
    },
  };
}

function responseKey(keyId: string | null, responseId: string): string {
  return `${keyId ?? ''} ${responseId}`;
}

/**
 * The session of a request that refers to what the provider keeps: its conversation, or the one whose response it
 * continues. A chain of which this gateway has not seen the beginning is named by where it came in.
 */
function chainedSession(
  responses: LRUCache<string, string>,
  keyId: string | null,
  extras: Canonical['extras'] | undefined,
): string | null {
  if (extras?.openai === undefined) return null;
  const conversationId = conversationIdOf({ extras });
  if (conversationId !== null) return sessionName(conversationId);
  const responseId = previousResponseIdOf({ extras });
  return responseId === null ? null : (responses.get(responseKey(keyId, responseId)) ?? sessionName(responseId));
}
