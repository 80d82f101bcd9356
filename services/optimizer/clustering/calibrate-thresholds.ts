import { type Agreement, agreementOf } from './agreement.ts';
import type { ClusterTemplate } from './cluster-template.ts';
import { clusterTemplates } from './cluster-templates.ts';
import type { SimilarityThresholds } from './embedders/embedder.ts';

/** A template with how often each label stands among its failures. Labels are for calibrating alone. */
export interface LabelledTemplate extends ClusterTemplate {
  readonly labels: ReadonlyMap<string, number>;
}

export interface CurvePoint extends Agreement {
  readonly threshold: number;
  readonly clusters: number;
}

export interface Calibration {
  readonly thresholds: SimilarityThresholds;
  readonly curve: readonly CurvePoint[];
}

const GRID_STEP = 0.02;
const GRID_START = 0.2;
/** Neighbours on each side that a point is averaged with: a peak that is one step wide does not outlast the data. */
const SMOOTHED_OVER = 2;
/** What the agreement may fall below its best before a merge is in doubt. */
const DOUBT = 0.03;

/**
 * Thresholds of an embedder by labelled failures: `attach` where agreement, smoothed, is best, and `tentative` where it
 * begins to fall as more and more is joined.
 */
export function calibrateThresholds(templates: readonly LabelledTemplate[]): Calibration {
  const curve = thresholdCurve(templates);
  const smooth = curve.map((_point, index) => {
    const near = curve.slice(Math.max(0, index - SMOOTHED_OVER), index + SMOOTHED_OVER + 1);
    return near.reduce((sum, point) => sum + Math.min(point.ari, point.b3f), 0) / near.length;
  });
  const best = Math.max(...smooth);
  const at = smooth.indexOf(best);
  let doubtful = at;
  while (doubtful > 0 && (smooth[doubtful - 1] ?? 0) >= best - DOUBT) doubtful -= 1;
  const attach = curve[at]?.threshold ?? 1;
  // A band of its own even where the agreement falls off at once.
  const tentative = Math.min(curve[doubtful]?.threshold ?? attach, attach - GRID_STEP);
  return { thresholds: { attach, tentative }, curve };
}

/** Agreement with the labels at each threshold of a grid. */
export function thresholdCurve(templates: readonly LabelledTemplate[]): readonly CurvePoint[] {
  const points: CurvePoint[] = [];
  for (let step = 0; GRID_START + step * GRID_STEP < 1; step += 1) {
    const threshold = Math.round((GRID_START + step * GRID_STEP) * 100) / 100;
    points.push({ threshold, ...agreementAt(templates, threshold) });
  }
  return points;
}

/** Agreement of the clusters at one threshold with the labels, over failures. */
export function agreementAt(
  templates: readonly LabelledTemplate[],
  threshold: number,
): Agreement & { readonly clusters: number } {
  const clusters = clusterTemplates(templates, { thresholds: { attach: threshold, tentative: threshold } });
  const clusterOf = new Map(clusters.flatMap((cluster) => cluster.templateIds.map((id) => [id, cluster.key])));
  const counts = templates.flatMap((template) =>
    [...template.labels].map(([label, count]) => ({ group: clusterOf.get(template.id) ?? '', label, count })),
  );
  return { clusters: clusters.length, ...agreementOf(counts) };
}
