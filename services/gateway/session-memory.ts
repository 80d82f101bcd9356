import { LRUCache } from 'lru-cache';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { namedSession, type RequestHeaders, type SessionId, sessionFingerprint } from './session-id.ts';
import { transcriptKey } from './transcript-key.ts';

/** Finds the session of a request; sessions of clients that name none are remembered from call to call. */
export interface SessionMemory {
  find(headers: RequestHeaders, body: CanonicalBody, keyId: string | null, callId: string): SessionId;
  /** Remembers what was answered, so that the request that continues it is known by it. */
  remember(session: SessionId, body: CanonicalBody, keyId: string | null, answer: unknown): void;
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
  const transcripts = new LRUCache<string, SessionId>({ max: TRANSCRIPTS_MAX, ttl: TRANSCRIPT_LIFETIME_MS, perf });
  const fingerprints = new LRUCache<string, string>({
    max: FINGERPRINTS_MAX,
    ttl: options.idleMs,
    updateAgeOnGet: true,
    perf,
  });
  return {
    find(headers, body, keyId, callId) {
      const named = namedSession(headers, body, options.sessionHeader);
      if (named !== null) return named;
      const key = transcriptKey(keyId, body);
      const continued = key === null ? undefined : transcripts.get(key);
      if (continued !== undefined) return { sessionId: continued.sessionId, source: 'transcript' };
      const fingerprint = sessionFingerprint(keyId, body);
      if (fingerprint === null) return { sessionId: callId, source: 'call' };
      const known = fingerprints.get(fingerprint);
      if (known !== undefined) return { sessionId: known, source: 'fingerprint' };
      fingerprints.set(fingerprint, callId);
      return { sessionId: callId, source: 'fingerprint' };
    },
    remember(session, body, keyId, answer) {
      // Whoever names its session goes on naming it, and is spared the hashing.
      if (!['transcript', 'fingerprint', 'call'].includes(session.source)) return;
      const key = transcriptKey(keyId, body, answer);
      if (key !== null) transcripts.set(key, session);
    },
  };
}
