import type { ReplayResult } from '#shared/database/replay-store.ts';
import { faultOwnerSchema, severitySchema } from '#shared/domain/score.ts';
import { type QualityScore, sessionQuality } from '#shared/domain/session-quality.ts';
import { demandOf } from './demands.ts';

/** The verdict on one replayed call. */
export interface ReplayScore {
  /** 0 to 1. */
  readonly score: number;
  /** What the answer was like, without a word of it. */
  readonly output: string;
  readonly reason: string;
  /** Checks that failed by the model's fault. */
  readonly failed: readonly string[];
}

const ROW = { subjectType: 'call', status: 'scored', judge: null, samplingProbability: 1 } as const;

/**
 * Scores a replay as a session of this one call would be: the mean of its tool use and what a judge said of it, under
 * the cap of what failed by the model's fault. An answer that stops using tools where the stored one used them scores 0:
 * no candidate may win by keeping the model from what is measured.
 */
export function scoreReplay(result: ReplayResult, stored: { readonly toolCalls: number }): ReplayScore {
  const checks = result.failures.map((failure): QualityScore => {
    const owner = faultOwnerSchema.catch('provider').parse(failure.owner);
    const severity = severitySchema.catch('error').parse(failure.severity);
    return { ...ROW, metric: 'toolUse', outcome: 'fail', value: 0, owner, severity };
  });
  const metrics = [result.toolUse, result.judged?.value ?? null].filter((value) => value !== null);
  const quality = sessionQuality([...checks, ...metrics.map(metricRow)]);
  const stopped = stored.toolCalls > 0 && result.toolCalls === 0;
  return {
    score: stopped ? 0 : (quality ?? 1),
    output: `${result.toolCalls ?? 'an unknown number of'} tool calls, stop reason ${result.stopReason ?? 'unknown'}`,
    reason: reasonOf(result, stopped, stored.toolCalls),
    failed: result.failures.filter((failure) => failure.owner === 'provider').map((failure) => failure.scorer),
  };
}

function metricRow(value: number): QualityScore {
  return { ...ROW, metric: 'toolUse', outcome: value >= 1 ? 'pass' : 'fail', value, owner: null, severity: null };
}

function reasonOf(result: ReplayResult, stopped: boolean, storedCalls: number): string {
  const failures = result.failures
    .filter((failure) => failure.owner === 'provider')
    .map(({ scorer, severity, expectedVsActual }) => {
      const detail = expectedVsActual === '' ? '' : `; ${expectedVsActual}`;
      return `${scorer} failed (${severity}${detail}): ${demandOf(scorer)}`;
    });
  const lines = [
    ...(stopped ? [`the stored answer made ${storedCalls} tool calls, this one made none`] : []),
    ...failures,
    ...(result.judged === null ? [] : [`judged ${result.judged.value.toFixed(2)}: ${result.judged.explanation}`]),
  ];
  return lines.length === 0 ? 'every check passed' : lines.join('\n');
}
