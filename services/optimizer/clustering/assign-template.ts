import { type ClusterTemplate, classOf } from './cluster-template.ts';
import { type SimilarityThresholds, similarityOf } from './embedders/embedder.ts';
import type { Pin } from './pins.ts';
import { resolvePins } from './resolve-pins.ts';

/** A cluster as the assignment of one new template sees it. */
export interface LiveCluster {
  readonly id: string;
  /** Its exemplars, with their vectors. */
  readonly exemplars: readonly ClusterTemplate[];
  /** All of its templates: pins are told by them. */
  readonly templateIds: readonly string[];
}

export type TemplateAssignment =
  | { readonly kind: 'attach' | 'tentative'; readonly clusterId: string; readonly similarity: number }
  | { readonly kind: 'new'; readonly nearestClusterId: string | null; readonly similarity: number };

/**
 * Where a template belongs that was not seen before. A pin decides before likeness; only clusters of the same class come
 * into question. On a tie the cluster with the smaller id wins, so that the order of the clusters says nothing.
 */
export function assignTemplate(
  template: ClusterTemplate,
  clusters: readonly LiveCluster[],
  options: { readonly thresholds: SimilarityThresholds; readonly pins?: readonly Pin[] },
): TemplateAssignment {
  const pins = resolvePins(options.pins ?? []);
  const group = pins.groupOf(template.id);
  const pinned = clusters.find((cluster) => cluster.templateIds.some((id) => pins.groupOf(id) === group));
  if (pinned !== undefined) return { kind: 'attach', clusterId: pinned.id, similarity: 1 };
  const nearest = nearestOf(
    template,
    clusters.filter((cluster) => !cluster.templateIds.some((id) => pins.areApart(pins.groupOf(id), group))),
  );
  if (nearest === null) return { kind: 'new', nearestClusterId: null, similarity: 0 };
  const { clusterId, similarity } = nearest;
  if (similarity >= options.thresholds.attach) return { kind: 'attach', clusterId, similarity };
  if (similarity >= options.thresholds.tentative) return { kind: 'tentative', clusterId, similarity };
  return { kind: 'new', nearestClusterId: clusterId, similarity };
}

function nearestOf(
  template: ClusterTemplate,
  clusters: readonly LiveCluster[],
): { readonly clusterId: string; readonly similarity: number } | null {
  const own = classOf(template);
  let best: { clusterId: string; similarity: number } | null = null;
  for (const cluster of clusters) {
    for (const exemplar of cluster.exemplars) {
      if (classOf(exemplar) !== own) continue;
      const similarity = similarityOf(template.vector, exemplar.vector);
      const isBetter =
        best === null ||
        similarity > best.similarity ||
        (similarity === best.similarity && cluster.id < best.clusterId);
      if (isBetter) best = { clusterId: cluster.id, similarity };
    }
  }
  return best;
}
