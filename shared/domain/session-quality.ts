import type { Metric, Score } from './score.ts';

/** The fields of a score row that bear on quality; any row of the score table has them. */
export type QualityScore = Pick<
  Score,
  'subjectType' | 'metric' | 'status' | 'outcome' | 'value' | 'owner' | 'severity' | 'judge' | 'samplingProbability'
>;

/** Quality that a session can still have after a model's failure that no judge may talk away. */
const QUALITY_CAP = { fatal: 0.25, error: 0.75 } as const;

/**
 * Metrics that say something about the model. `fidelity` is how well the gateway translated: it is worth knowing, and
 * must not move a model's weight. `efficiency` enters where the configuration says so: a short way to nothing is none.
 */
const MODEL_METRICS: readonly Metric[] = ['toolUse', 'taskCompletion', 'code'];

/**
 * The quality of a session in [0, 1] from all its score rows, or null when none of them says anything.
 *
 * 1. Only `scored` rows with outcome pass or fail speak; an abstention, `judge_error` or unknown is neither a zero nor a
 *    pass.
 * 2. Failures owned by the client, the gateway or a tool are left out: they are not the model's.
 * 3. A *check* is a deterministic row with a severity. Its failure does not enter a mean, because the metric rows already
 *    sum the checks up; it caps the session: at 0.25 after a fatal failure, at 0.75 after an error.
 * 4. Each metric of the model is the mean of its remaining rows, weighted by 1 / samplingProbability; verdicts on the
 *    whole session replace those on its calls.
 * 5. Quality is the mean of the metrics present, under the cap. With a cap and no metric it is the cap.
 *
 * @param more metrics that count beside those of the model
 */
export function sessionQuality(scores: readonly QualityScore[], more: readonly Metric[] = []): number | null {
  const counted = [...MODEL_METRICS, ...more];
  const spoken = scores.filter((score) => speaksOf(counted, score));
  const cap = capOf(spoken.filter(isCheck));
  const verdicts = spoken.filter((score) => !isCheck(score));
  const metrics = counted.flatMap((metric) => metricMean(verdicts.filter((score) => score.metric === metric)) ?? []);
  if (metrics.length === 0) return cap < 1 ? cap : null;
  return Math.min(cap, metrics.reduce((sum, value) => sum + value, 0) / metrics.length);
}

/** The mean of one metric over the rows of some calls, or null when none of them says anything. */
export function meanOfMetric(scores: readonly QualityScore[], metric: Metric): number | null {
  return metricMean(scores.filter((score) => score.metric === metric && !isCheck(score) && speaksOf([metric], score)));
}

function speaksOf(metrics: readonly Metric[], score: QualityScore): boolean {
  if (score.status !== 'scored' || !metrics.includes(score.metric)) return false;
  if (score.outcome === 'pass') return true;
  return score.outcome === 'fail' && (score.owner === null || score.owner === 'provider');
}

function isCheck(score: QualityScore): boolean {
  return score.judge === null && score.severity !== null;
}

function capOf(checks: readonly QualityScore[]): number {
  const failed = checks.filter((check) => check.outcome === 'fail');
  if (failed.some((check) => check.severity === 'fatal')) return QUALITY_CAP.fatal;
  if (failed.some((check) => check.severity === 'error')) return QUALITY_CAP.error;
  return 1;
}

function metricMean(scores: readonly QualityScore[]): number | null {
  const ofSession = scores.filter((score) => score.subjectType === 'session');
  const deciding = ofSession.length > 0 ? ofSession : scores;
  if (deciding.length === 0) return null;
  let sum = 0;
  let weights = 0;
  for (const score of deciding) {
    const weight = 1 / score.samplingProbability;
    sum += weight * (score.value ?? (score.outcome === 'pass' ? 1 : 0));
    weights += weight;
  }
  return sum / weights;
}
