import { LOSS_KINDS, type Loss } from '#shared/domain/loss.ts';
import type { Metric, Score, ScoreOutcome } from '#shared/domain/score.ts';
import { deriveCode } from './derive-code.ts';
import type { Scorer, ScorerPass, ScorerResult } from './scorers/scorer.ts';

/** One scorer with what it found. */
export interface Scored {
  readonly scorer: Scorer;
  readonly result: ScorerResult;
}

/** The value of a metric for one call, worked out from its checks. */
export interface DerivedMetric {
  readonly metric: Metric;
  readonly status: Score['status'];
  readonly outcome: Exclude<ScoreOutcome, 'not_applicable'>;
  readonly value: number | null;
}

/** The facts of a call that bear on fidelity. */
export interface TranslatedCall {
  /** Null for calls that another gateway made: how it translated is not known. */
  readonly upstreamFormat: string | null;
  readonly losses: readonly Loss[];
  readonly hasResponse: boolean;
}

/** The metrics of one pass over one call; a metric to which nothing applies is absent. The only place that makes them. */
export function deriveMetrics(
  pass: ScorerPass,
  scored: readonly Scored[],
  call: TranslatedCall,
): readonly DerivedMetric[] {
  const code = deriveCode(pass, scored);
  const metrics = [
    deriveToolUse(scored),
    code === null ? null : { metric: 'code' as const, status: statusOf(code.outcome), ...code },
    ...(pass === 'call' ? [deriveFidelity(scored, call)] : []),
  ];
  return metrics.filter((metric) => metric !== null);
}

/**
 * Tool use as the model's own doing: 0 after an error of its own, 1 when every check that applied passed. Faults of
 * gateway, client and tools are set aside; where they leave nothing, or a check that finds errors could not decide,
 * there is no value.
 */
function deriveToolUse(scored: readonly Scored[]): DerivedMetric | null {
  const checks = scored.filter(
    ({ scorer, result }) => scorer.metric === 'toolUse' && result.outcome !== 'not_applicable',
  );
  const results = checks.map(({ result }) => result);
  if (results.length === 0) return null;
  if (results.some(isErrorOf('provider'))) return decided('toolUse', 'fail', 0);
  const hasUnknown = checks.some(mayHideAnError);
  const speaks = results.some((result) => result.outcome === 'pass' || result.owner === 'provider');
  if (hasUnknown || !speaks) return { metric: 'toolUse', status: 'abstained', outcome: 'unknown', value: null };
  return decided('toolUse', 'pass', 1);
}

/** How much of the call survived translation: 0 after an error of the gateway, else 1 less what the losses weigh. */
function deriveFidelity(scored: readonly Scored[], call: TranslatedCall): DerivedMetric | null {
  if (call.upstreamFormat === null || !call.hasResponse) return null;
  if (scored.some(({ result }) => isErrorOf('gateway')(result))) return decided('fidelity', 'fail', 0);
  const lost = call.losses.reduce((sum, loss) => sum + LOSS_KINDS[loss.kind].fidelityWeight, 0);
  return decided('fidelity', 'pass', Math.max(0, Math.round((1 - lost) * 100) / 100));
}

function isErrorOf(owner: 'provider' | 'gateway'): (result: ScorerResult) => boolean {
  return (result) =>
    result.outcome === 'fail' && result.owner === owner && (result.severity === 'error' || result.severity === 'fatal');
}

/** Checks that only warn are often undecided, and what they would find does not move the metric. */
function mayHideAnError({ scorer, result }: Scored): boolean {
  if (result.outcome !== 'unknown') return false;
  const severity = result.severity ?? scorer.severity;
  return severity === 'error' || severity === 'fatal';
}

function decided(metric: Metric, outcome: 'pass' | 'fail', value: number): DerivedMetric {
  return { metric, status: 'scored', outcome, value };
}

function statusOf(outcome: DerivedMetric['outcome']): DerivedMetric['status'] {
  return outcome === 'unknown' ? 'abstained' : 'scored';
}
