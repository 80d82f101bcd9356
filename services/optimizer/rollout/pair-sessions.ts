import type { RolloutSettings } from '#shared/domain/rollout.ts';

/**
 * One session of a rollout as the analysis sees it. `quality` is null until every scorer that is due has answered.
 * `stratum` names what canary and control sessions must have in common to be compared, such as the turn shape of the
 * main call and its size.
 */
export interface SessionObservation {
  readonly sessionId: string;
  readonly variant: 'canary' | 'control';
  readonly stratum: string;
  readonly startedAtMs: number;
  readonly lastCallAtMs: number;
  readonly quality: number | null;
  readonly hardFailure: boolean;
  /** The virtual key that called; absent where calls come without one. */
  readonly keyId?: string | null | undefined;
}

export interface SessionPair {
  readonly stratum: string;
  readonly startedAtMs: number;
  readonly canary: SessionObservation;
  readonly control: SessionObservation;
}

/** The last session of an arm that went into the analysis; nothing that started before it is taken any more. */
interface SessionMark {
  readonly startedAtMs: number;
  readonly sessionId: string;
}

export interface StratumMarks {
  readonly stratum: string;
  readonly canaryMark: SessionMark;
  readonly controlMark: SessionMark;
}

/** A label is `pending` until it arrives, and `missing` when it has not come within the watermark. */
export type LabelState = 'pending' | 'arrived' | 'missing';

/**
 * The pairs that may come next, in the one order in which they may be taken: within a stratum the n-th canary session
 * with the n-th control session by start, and over all strata by the later start of the two. Order by start is
 * predictable; an order by arrival of labels would put the slow (often bad) sessions last and bias every early look.
 */
export function pairSessions(
  observations: readonly SessionObservation[],
  marks: readonly StratumMarks[],
): readonly SessionPair[] {
  const markOf = new Map(marks.map((mark) => [mark.stratum, mark]));
  const pairs: SessionPair[] = [];
  for (const [stratum, sessions] of Map.groupBy(observations, (session) => session.stratum)) {
    const mark = markOf.get(stratum);
    const canaries = remaining(sessions, 'canary', mark?.canaryMark);
    const controls = remaining(sessions, 'control', mark?.controlMark);
    for (const [index, canary] of canaries.entries()) {
      const control = controls[index];
      if (control === undefined) break;
      pairs.push({ stratum, startedAtMs: Math.max(canary.startedAtMs, control.startedAtMs), canary, control });
    }
  }
  return pairs.sort(comparePairs);
}

/**
 * Where a session's label stands. A session is over after its idle time, and for the analysis at the latest
 * `sessionOpenMaxMs` after its start; a label that is not there `watermarkMs` later counts as missing.
 */
export function labelStateOf(
  session: SessionObservation,
  nowMs: number,
  settings: Pick<RolloutSettings, 'watermarkMs' | 'sessionIdleMs' | 'sessionOpenMaxMs'>,
): LabelState {
  const overAtMs = Math.min(
    session.lastCallAtMs + settings.sessionIdleMs,
    session.startedAtMs + settings.sessionOpenMaxMs,
  );
  if (nowMs < overAtMs) return 'pending';
  if (session.quality !== null) return 'arrived';
  return nowMs >= overAtMs + settings.watermarkMs ? 'missing' : 'pending';
}

function remaining(
  sessions: readonly SessionObservation[],
  variant: SessionObservation['variant'],
  mark: SessionMark | undefined,
): SessionObservation[] {
  return sessions
    .filter((session) => session.variant === variant && (mark === undefined || compareStarts(session, mark) > 0))
    .sort(compareStarts);
}

function compareStarts(left: SessionMark, right: SessionMark): number {
  return left.startedAtMs - right.startedAtMs || compareText(left.sessionId, right.sessionId);
}

function comparePairs(left: SessionPair, right: SessionPair): number {
  return (
    left.startedAtMs - right.startedAtMs ||
    compareText(left.stratum, right.stratum) ||
    compareStarts(left.canary, right.canary)
  );
}

/** By code unit: the order must not depend on the locale of the machine. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
