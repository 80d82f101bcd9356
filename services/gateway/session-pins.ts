import { LRUCache } from 'lru-cache';
import type { StoredSessionPin } from '#shared/database/session-pin.ts';
import type { ActivePolicies, ServedPolicy } from '#shared/domain/active-policies.ts';
import { type Variant, WEAK_SESSION_SOURCES } from '#shared/domain/call.ts';
import { assignVariant } from '#shared/routing/assign-variant.ts';
import type { SessionId } from './session-id.ts';
import type { SessionLookup } from './session-lookup.ts';

/**
 * What a session was dealt at its first call. It keeps the policy that it began under, with all that this policy's
 * choice depends on, so that a session stays with one model and one prompt.
 */
export interface SessionPin {
  readonly policy: ServedPolicy;
  readonly prefixes: Readonly<Record<string, string>>;
  readonly salt: string;
  readonly variant: Variant;
  readonly rolloutId: string | null;
  readonly explorationProbability: number;
  readonly startedAtMs: number;
}

export interface PinRequest {
  readonly session: SessionId;
  readonly isFirstTurn: boolean;
  readonly nowMs: number;
  readonly active: ActivePolicies;
}

export interface SessionPins {
  /** The pin of a session, made now when it has none. A promise only where a session cannot be new. */
  pinFor(request: PinRequest): SessionPin | Promise<SessionPin>;
}

/** Sessions in memory: those of a day on a busy gateway, at a few hundred bytes each. */
const PINS_MAX = 100_000;
/** Above any provider's prompt cache lifetime; later, the session's row says the same. */
const PIN_LIFETIME_MS = 6 * 3_600_000;

/** @param deps.lookUp what the store knows of a session; must answer soon */
export function createSessionPins(deps: {
  readonly lookUp: (sessionId: string) => Promise<SessionLookup>;
}): SessionPins {
  const pins = new LRUCache<string, SessionPin>({
    max: PINS_MAX,
    ttl: PIN_LIFETIME_MS,
    updateAgeOnGet: true,
    // As in the memory of sessions: no timers.
    ttlResolution: 0,
  });
  const pinBy = (request: PinRequest, known: SessionPin | undefined, looked: SessionLookup): SessionPin => {
    const stored = looked.type === 'found' ? looked.pin : null;
    const restored = stored === null ? null : restorePin(request, stored);
    const pin = restored ?? dealPin(request, startOf(request, known, stored));
    // What was dealt without knowing better serves this call; the next one asks again, unless this is the first.
    if (looked.type !== 'unknown' || request.isFirstTurn) pins.set(request.session.sessionId, pin);
    return pin;
  };
  return {
    pinFor(request) {
      const { sessionId } = request.session;
      const known = pins.get(sessionId);
      if (known !== undefined && !request.active.revoked.includes(known.policy.policyId)) return known;
      if (known !== undefined || !mayHaveBegun(request)) return pinBy(request, known, { type: 'none' });
      return deps.lookUp(sessionId).then((looked) => pinBy(request, known, looked));
    },
  };
}

/**
 * Whether the session may be older than this request. A conversation with an answer in it is; but the sub-agents of a
 * session begin conversations of their own under its name, and a rollout must not take them for new sessions.
 */
function mayHaveBegun({ session, isFirstTurn, active }: PinRequest): boolean {
  return !isFirstTurn || (active.rollout !== null && !WEAK_SESSION_SOURCES.includes(session.source));
}

/** When the session began, or null when it is known only that it began earlier. */
function startOf(request: PinRequest, known: SessionPin | undefined, stored: StoredSessionPin | null): number | null {
  if (known !== undefined) return known.startedAtMs;
  if (stored !== null) return stored.startedAtMs;
  return request.isFirstTurn ? request.nowMs : null;
}

/** A stored pin, when its policy is one that is being served. */
function restorePin(request: PinRequest, stored: StoredSessionPin): SessionPin | null {
  const { active } = request;
  const policy = [active.stable, active.canary].find((served) => served?.policyId === stored.policyId);
  if (policy === null || policy === undefined || stored.variant === null) return null;
  if (active.revoked.includes(policy.policyId)) return null;
  const { variant, rolloutId, startedAtMs } = stored;
  return { ...dealPin(request, startedAtMs), policy, variant, rolloutId };
}

function dealPin(request: PinRequest, startedAtMs: number | null): SessionPin {
  const { active, session, nowMs } = request;
  const { rollout, canary } = active;
  const mayEnterRollout =
    rollout !== null &&
    startedAtMs !== null &&
    startedAtMs > rollout.openedAtMs &&
    !WEAK_SESSION_SOURCES.includes(session.source);
  const { variant, explorationProbability } = assignVariant({
    sessionId: session.sessionId,
    salt: active.salt,
    canaryShare: rollout?.canaryShare ?? 0,
    explorationShare: active.explorationShare,
    mayEnterRollout,
  });
  const isInRollout = variant === 'canary' || variant === 'control';
  return {
    policy: variant === 'canary' && canary !== null ? canary : active.stable,
    prefixes: active.prefixes,
    salt: active.salt,
    variant,
    rolloutId: isInRollout ? (rollout?.rolloutId ?? null) : null,
    explorationProbability,
    startedAtMs: startedAtMs ?? nowMs,
  };
}
