import { LRUCache } from 'lru-cache';
import type { SessionFailure } from '#shared/database/session-failure-store.ts';
import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { Escalation } from '#shared/domain/governance.ts';
import type { Log } from '#shared/log.ts';
import { hasFlaggedRoute, isFlagged } from '#shared/routing/escalation.ts';
import { createOutageLog } from './log-outage.ts';

export interface FlaggedSessionsDeps {
  /** Failures of the last so many milliseconds. */
  readonly read: (sinceMs: number) => Promise<readonly SessionFailure[]>;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** Knows which sessions have just failed; asks the store only while a policy in force wants to know. */
export interface FlaggedSessions {
  isFlagged(sessionId: string, rules: Escalation | undefined): boolean;
  /** Whether the session was taken to another model for it before: its cache is there now. */
  hasEscalated(sessionId: string): boolean;
  noteEscalated(sessionId: string): void;
  /** Reads what is new. Never throws; a store that is away leaves things as they are. */
  refresh(active: ActivePolicies): Promise<void>;
}

/** Failures may commit later than they are dated; what was seen before is known by its call. */
const OVERLAP_MS = 10_000;
/** Sessions that fail at once and are told apart; in a larger storm the model is at fault and not the session. */
const SESSIONS_MAX = 10_000;
const FAILURES_KEPT = 20;

export function createFlaggedSessions(deps: FlaggedSessionsDeps): FlaggedSessions {
  const failures = new LRUCache<string, Map<string, number>>({ max: SESSIONS_MAX });
  const escalated = new LRUCache<string, true>({ max: SESSIONS_MAX });
  const outage = createOutageLog(deps.log, 'failing sessions cannot be read; none is newly flagged');
  let readAtMs: number | null = null;
  let reading: Promise<void> | null = null;

  const read = async (rules: Escalation): Promise<void> => {
    const startedAtMs = deps.now();
    const sinceMs = readAtMs === null ? rules.windowMs : Math.min(rules.windowMs, startedAtMs - readAtMs + OVERLAP_MS);
    try {
      for (const { sessionId, callId, failedAtMs } of await deps.read(sinceMs)) {
        const known = failures.get(sessionId) ?? new Map<string, number>();
        known.set(callId, failedAtMs);
        if (known.size > FAILURES_KEPT) known.delete(known.keys().next().value ?? '');
        failures.set(sessionId, known);
      }
      readAtMs = startedAtMs;
      outage.worked();
    } catch (error) {
      outage.failed(error);
    }
  };
  return {
    isFlagged(sessionId, rules) {
      if (rules === undefined) return false;
      const known = failures.get(sessionId);
      return known !== undefined && isFlagged([...known.values()], rules, deps.now());
    },
    hasEscalated: (sessionId) => escalated.has(sessionId),
    noteEscalated(sessionId) {
      escalated.set(sessionId, true);
    },
    async refresh(active) {
      const { escalation, stable, canary } = active;
      const isAsked = [stable, canary].some((served) => served !== null && hasFlaggedRoute(served.body));
      if (escalation === undefined || !isAsked) return;
      reading ??= read(escalation).finally(() => {
        reading = null;
      });
      await reading;
    },
  };
}
