import type { Metric, Score } from './score.ts';

/** The fields of a score row that bear on quality; any row of the score table has them. */
export type QualityScore = Pick<
  Score,
  'subjectType' | 'metric' | 'status' | 'outcome' | 'value' | 'owner' | 'severity' | 'judge' | 'samplingProbability'
> & {
  /** Rows of one call stand together; a row without it is a call of its own. */
  readonly callId?: string;
};

/** A quality as sampled verdicts make it: right on average, which takes it beyond 0 and 1. */
export interface SampledQuality {
  readonly value: number;
  /** What it could have come to at least and at most, had the same verdicts been others. */
  readonly low: number;
  readonly high: number;
}

/**
 * The most that one verdict stands for: a subject that is judged once in a hundred times must not make a session's
 * quality minus fifty. What is cut off leaves such a subject to the rules, by which it is most certain.
 */
const SAMPLING_WEIGHT_MAX = 5;

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
 * 4. Each metric of the model is the mean over its calls, weighing as many rows as rules have of each, and a call is the
 *    mean of its rows; verdicts on the whole session replace those on its calls. A verdict that was drawn with probability p moves its call by 1 / p of what it
 *    would move it by had every call been judged: right on average, whatever decided which calls are judged.
 * 5. Quality is the mean of the metrics present, under the cap and within 0 and 1. With a cap and no metric it is the cap.
 *
 * @param more metrics that count beside those of the model
 */
export function sessionQuality(scores: readonly QualityScore[], more: readonly Metric[] = []): number | null {
  const quality = sampledQuality(scores, more);
  return quality === null ? null : bounded(quality.value);
}

/**
 * The same before it is held to 0 and 1, which is what averages over sessions are to be made of: with p under a half no
 * number within 0 and 1 is right on average. A cap can only make it less, and is applied as it is: under one the average
 * errs downwards.
 */
export function sampledQuality(scores: readonly QualityScore[], more: readonly Metric[] = []): SampledQuality | null {
  const counted = [...MODEL_METRICS, ...more];
  const spoken = scores.filter((score) => speaksOf(counted, score));
  const cap = capOf(spoken.filter(isCheck));
  const verdicts = spoken.filter((score) => !isCheck(score));
  const metrics = counted.flatMap((metric) => metricMean(verdicts.filter((score) => score.metric === metric)) ?? []);
  if (metrics.length === 0) return cap < 1 ? { value: cap, low: cap, high: cap } : null;
  const under = (end: keyof SampledQuality) =>
    Math.min(cap, metrics.reduce((sum, metric) => sum + metric[end], 0) / metrics.length);
  return { value: under('value'), low: under('low'), high: under('high') };
}

/** Whether a quality is more than the rules and verdicts on everything say. */
export function isSampled({ low, high }: SampledQuality): boolean {
  return low < high;
}

/** The mean of one metric over the rows of some calls, or null when none of them says anything. */
export function meanOfMetric(scores: readonly QualityScore[], metric: Metric): number | null {
  const mean = metricMean(
    scores.filter((score) => score.metric === metric && !isCheck(score) && speaksOf([metric], score)),
  );
  return mean === null ? null : bounded(mean.value);
}

function bounded(quality: number): number {
  return Math.min(1, Math.max(0, quality));
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

function metricMean(scores: readonly QualityScore[]): SampledQuality | null {
  const ofSession = scores.filter((score) => score.subjectType === 'session');
  const deciding = ofSession.length > 0 ? ofSession : scores;
  if (deciding.length === 0) return null;
  let weights = 0;
  let [value, low, high] = [0, 0, 0];
  for (const rows of callsOf(deciding)) {
    const call = callMean(rows);
    weights += call.weight;
    value += call.weight * call.value;
    low += call.weight * call.low;
    high += call.weight * call.high;
  }
  return { value: value / weights, low: low / weights, high: high / weights };
}

function callsOf(scores: readonly QualityScore[]): (readonly QualityScore[])[] {
  const calls: (readonly QualityScore[])[] = [];
  const known = new Map<string, QualityScore[]>();
  for (const score of scores) {
    const rows = score.callId === undefined ? undefined : known.get(score.callId);
    if (rows !== undefined) {
      rows.push(score);
      continue;
    }
    const own = [score];
    calls.push(own);
    if (score.callId !== undefined) known.set(score.callId, own);
  }
  return calls;
}

/**
 * One call, weighing as many rows as the rules have of it. What is always there makes its value; what was drawn corrects
 * it. Where there is nothing to correct, what was drawn stands for all that were not, as in any mean over a sample.
 */
function callMean(rows: readonly QualityScore[]): SampledQuality & { readonly weight: number } {
  const drawn = rows.filter((row) => row.samplingProbability < 1);
  const always = rows.filter((row) => row.samplingProbability === 1);
  if (always.length === 0) {
    const weight = rows.reduce((sum, row) => sum + 1 / row.samplingProbability, 0);
    const value = rows.reduce((sum, row) => sum + valueOfRow(row) / row.samplingProbability, 0) / weight;
    return { value, low: value, high: value, weight };
  }
  const weight = always.filter((row) => row.judge === null).length || always.length;
  const known = always.reduce((sum, row) => sum + valueOfRow(row), 0) / always.length;
  let [value, low, high] = [known, known, known];
  for (const row of drawn) {
    const reach = Math.min(SAMPLING_WEIGHT_MAX, 1 / row.samplingProbability) / rows.length;
    value += reach * (valueOfRow(row) - known);
    low -= reach * known;
    high += reach * (1 - known);
  }
  return { value, low, high, weight };
}

function valueOfRow(score: QualityScore): number {
  return score.value ?? (score.outcome === 'pass' ? 1 : 0);
}
