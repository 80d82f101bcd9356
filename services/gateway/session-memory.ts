import { LRUCache } from 'lru-cache';
import type { Canonical } from '#shared/formats/canonical.ts';
import { namedSession, type RequestHeaders, type SessionId, sessionFingerprint } from './session-id.ts';
import { readTranscript, type Transcript } from './transcript.ts';

/** A request that asks which session it belongs to. */
export interface SessionRequest {
  readonly headers: RequestHeaders;
  readonly canonical: Pick<Canonical, 'body' | 'isOneByte'>;
  readonly keyId: string | null;
  readonly callId: string;
}

/** A session, and the conversation by which its next request will be known; null where the client names its session. */
export interface FoundSession extends SessionId {
  readonly transcript: Transcript | null;
}

/** Finds the session of a request; sessions of clients that name none are remembered from call to call. */
export interface SessionMemory {
  find(request: SessionRequest): FoundSession;
  /** Remembers what was answered, so that the request that continues it is known by it. */
  remember(session: FoundSession, answer: unknown): void;
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
  const perf = { now: deps.now };
  const transcripts = new LRUCache<string, string>({ max: TRANSCRIPTS_MAX, ttl: TRANSCRIPT_LIFETIME_MS, perf });
  const fingerprints = new LRUCache<string, string>({
    max: FINGERPRINTS_MAX,
    ttl: options.idleMs,
    updateAgeOnGet: true,
    perf,
  });
  return {
    find({ headers, canonical, keyId, callId }) {
      const { body } = canonical;
      const named = namedSession(headers, body, options.sessionHeader);
      // Whoever names its session goes on naming it, and is spared the hashing.
      if (named !== null) return { ...named, transcript: null };
      const transcript = readTranscript(keyId, canonical);
      const continued = transcript.key === null ? undefined : transcripts.get(transcript.key);
      if (continued !== undefined) return { sessionId: continued, source: 'transcript', transcript };
      const fingerprint = sessionFingerprint(keyId, canonical);
      if (fingerprint === null) return { sessionId: callId, source: 'call', transcript };
      const known = fingerprints.get(fingerprint);
      if (known !== undefined) return { sessionId: known, source: 'fingerprint', transcript };
      fingerprints.set(fingerprint, callId);
      return { sessionId: callId, source: 'fingerprint', transcript };
    },
    remember({ sessionId, transcript }, answer) {
      if (transcript !== null) transcripts.set(transcript.keyWith(answer), sessionId);
    },
  };
}
