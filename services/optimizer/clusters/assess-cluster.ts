import type { ClusterStatus, ClusterTrend } from '#shared/domain/failure-cluster.ts';
import { cautiousRate, type RateHour, rateEvidence, riseEvidence } from './rate-evidence.ts';

export interface ClusterHistory {
  readonly status: ClusterStatus;
  readonly statusSinceMs: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The last 24 hours, oldest first. */
  readonly recent: readonly RateHour[];
  /** All of the seven days before them. */
  readonly baseline: RateHour;
  /** Since it was resolved, on the policy that mends it and later ones; null when it is not resolved. */
  readonly sinceResolved: RateHour | null;
  /** Newly failing sessions per call before it was resolved. */
  readonly resolvedRate: number | null;
}

export interface ClusterAssessment {
  /** Null when it stays what it is. */
  readonly change: { readonly status: ClusterStatus; readonly reason: string } | null;
  readonly trend: ClusterTrend;
  readonly recentRate: number | null;
  readonly baselineRate: number | null;
  /** For what the status would change to; null where nothing is tested. */
  readonly eValue: number | null;
}

const DAY_MS = 86_400_000;
const NEW_FOR_MS = 7 * DAY_MS;
const REGRESSED_FOR_MS = 7 * DAY_MS;
/** An escalation is told once, and does not end and begin again within a day. */
const ESCALATING_FOR_MS = DAY_MS;
/** A cluster that nobody meets any more; it comes back when it escalates. */
const QUIET_AFTER_MS = 14 * DAY_MS;
/** There is no week before for what began today. */
const BASELINE_MIN_MS = DAY_MS;
/** A rise to less than this times the rate of the week before is no escalation. */
const RISE_MIN = 1.5;
/** Every cluster is looked at every minute, so that the proof must hold for many looks. */
const ESCALATES_AT = 100;
const REGRESSES_AT = 20;
/** What is resolved may still happen at this share of its former rate: few mends are whole. */
const LEAK = 0.1;
/** Alternatives to that: a third of the former rate is back, or all of it. */
const RELAPSES = [3, 10] as const;
/** One stray session, or two, are no regression, whatever the numbers say. */
const REGRESSED_SESSIONS_MIN = 3;

/** What a cluster is now, by its counts alone. People's words (`ignored`, `archived`, `resolved`) hold until proof. */
export function assessCluster(history: ClusterHistory, nowMs: number): ClusterAssessment {
  const recent = sumOf(history.recent);
  const recentRate = rateOf(recent);
  const baselineRate = rateOf(history.baseline);
  const shown = { trend: trendOf(history, recent, nowMs), recentRate, baselineRate };
  if (history.status === 'ignored') return { ...shown, change: null, eValue: null };
  if (history.status === 'resolved') return { ...shown, ...assessResolved(history) };
  const eValue = escalationOf(history, nowMs);
  return { ...shown, eValue, change: changeOf(history, eValue, nowMs) };
}

function changeOf(history: ClusterHistory, eValue: number | null, nowMs: number): ClusterAssessment['change'] {
  const { status } = history;
  const sinceMs = nowMs - history.statusSinceMs;
  if (status !== 'escalating' && eValue !== null && eValue >= ESCALATES_AT) {
    return { status: 'escalating', reason: `its rate rose above ${RISE_MIN} times that of the week before` };
  }
  if (status === 'escalating' && sinceMs >= ESCALATING_FOR_MS && (eValue === null || eValue < 1)) {
    return { status: 'ongoing', reason: 'its rate does not rise any more' };
  }
  if (status === 'new' && nowMs - history.firstSeenMs >= NEW_FOR_MS) {
    return { status: 'ongoing', reason: 'it is known for a week' };
  }
  if (status === 'regressed' && sinceMs >= REGRESSED_FOR_MS) {
    return { status: 'ongoing', reason: 'it came back a week ago' };
  }
  if (status === 'ongoing' && nowMs - history.lastSeenMs >= QUIET_AFTER_MS) {
    return { status: 'archived', reason: 'it was not met for two weeks; it comes back when it escalates' };
  }
  return null;
}

function escalationOf(history: ClusterHistory, nowMs: number): number | null {
  if (nowMs - history.firstSeenMs < BASELINE_MIN_MS) return null;
  const rate = cautiousRate(history.baseline);
  return rate === null ? null : riseEvidence(history.recent, RISE_MIN * rate);
}

function assessResolved({ sinceResolved, resolvedRate }: ClusterHistory): Pick<ClusterAssessment, 'change' | 'eValue'> {
  if (sinceResolved === null || resolvedRate === null) return { change: null, eValue: null };
  const eValue = rateEvidence(sinceResolved, LEAK * resolvedRate, RELAPSES);
  const isBack = eValue >= REGRESSES_AT && sinceResolved.failures >= REGRESSED_SESSIONS_MIN;
  const reason = `${sinceResolved.failures} sessions met it since it was resolved`;
  return { eValue, change: isBack ? { status: 'regressed', reason } : null };
}

function trendOf(history: ClusterHistory, recent: RateHour, nowMs: number): ClusterTrend {
  if (nowMs - history.firstSeenMs < DAY_MS) return 'new';
  const { baseline } = history;
  if (recent.failures === 0 && baseline.failures === 0) return 'quiet';
  if (recent.calls === 0 || baseline.calls === 0) return 'steady';
  // Two counts beside each other: of all failures, the share that fell on the last day, against its share of the calls.
  const share = recent.calls / (recent.calls + baseline.calls);
  const failures = recent.failures + baseline.failures;
  const deviation = (recent.failures - share * failures) / Math.sqrt(failures * share * (1 - share));
  if (deviation >= TREND_DEVIATIONS) return 'rising';
  return deviation <= -TREND_DEVIATIONS ? 'falling' : 'steady';
}

const TREND_DEVIATIONS = 2;

function sumOf(hours: readonly RateHour[]): RateHour {
  return hours.reduce((sum, hour) => ({ calls: sum.calls + hour.calls, failures: sum.failures + hour.failures }), {
    calls: 0,
    failures: 0,
  });
}

function rateOf({ calls, failures }: RateHour): number | null {
  return calls === 0 ? null : failures / calls;
}
