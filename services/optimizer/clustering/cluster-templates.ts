import { byMass, chooseExemplars } from './choose-exemplars.ts';
import { type ClusterTemplate, classOf } from './cluster-template.ts';
import { type SimilarityThresholds, similarityOf } from './embedders/embedder.ts';
import type { Pin } from './pins.ts';
import { resolvePins } from './resolve-pins.ts';

export interface ClusterTemplatesOptions {
  /** The embedder's own. */
  readonly thresholds: SimilarityThresholds;
  /** What people decided, oldest first. */
  readonly pins?: readonly Pin[];
}

export interface TemplateCluster {
  /** Id of the heaviest template; it names the cluster within one run only. */
  readonly key: string;
  readonly templateIds: readonly string[];
  /** At most five members that stand for it, best first; the first is the medoid. */
  readonly exemplarIds: readonly string[];
  /** Failures of all members. */
  readonly mass: number;
  /** Cosine of each member to the exemplar it is nearest to, in the order of `templateIds`. */
  readonly similarities: readonly number[];
}

interface Unit {
  readonly group: string;
  readonly members: readonly ClusterTemplate[];
  readonly classes: ReadonlySet<string>;
  readonly mass: number;
  readonly id: string;
  readonly leader: ClusterTemplate;
}

interface Growing {
  readonly leader: ClusterTemplate;
  readonly classes: Set<string>;
  readonly groups: Set<string>;
  readonly members: ClusterTemplate[];
}

/**
 * Groups templates: the heaviest leads, and each lighter one joins the likest leader of its own class from the threshold
 * on, or leads itself. The same templates give the same clusters in whatever order they come.
 */
export function clusterTemplates(
  templates: readonly ClusterTemplate[],
  options: ClusterTemplatesOptions,
): readonly TemplateCluster[] {
  const pins = resolvePins(options.pins ?? []);
  const clusters: Growing[] = [];
  for (const unit of unitsOf(templates, pins.groupOf)) {
    const home = nearest(unit, clusters, options.thresholds.attach, (group, other) => pins.areApart(group, other));
    if (home === null) {
      const { leader, classes, group, members } = unit;
      clusters.push({ leader, classes: new Set(classes), groups: new Set([group]), members: [...members] });
    } else {
      home.groups.add(unit.group);
      home.members.push(...unit.members);
      for (const each of unit.classes) home.classes.add(each);
    }
  }
  return clusters.map(finished).sort((left, right) => byMass({ ...left, id: left.key }, { ...right, id: right.key }));
}

/** Templates that a person put together move as one. */
function unitsOf(templates: readonly ClusterTemplate[], groupOf: (id: string) => string): readonly Unit[] {
  const groups = Map.groupBy(templates, (template) => groupOf(template.id));
  const units: Unit[] = [];
  for (const [group, unsorted] of groups) {
    const members = [...unsorted].sort(byMass);
    const leader = members[0];
    if (leader === undefined) continue;
    const mass = members.reduce((sum, member) => sum + member.mass, 0);
    units.push({ group, members, leader, id: leader.id, mass, classes: new Set(members.map(classOf)) });
  }
  return units.sort(byMass);
}

function nearest(
  unit: Unit,
  clusters: readonly Growing[],
  threshold: number,
  areApart: (group: string, other: string) => boolean,
): Growing | null {
  let best: Growing | null = null;
  let bestSimilarity = threshold;
  for (const cluster of clusters) {
    if (![...unit.classes].every((each) => cluster.classes.has(each))) continue;
    const similarity = similarityOf(unit.leader.vector, cluster.leader.vector);
    // On a tie the heavier cluster, which comes first, keeps the template.
    if (similarity < bestSimilarity || (best !== null && similarity === bestSimilarity)) continue;
    if ([...cluster.groups].some((group) => areApart(group, unit.group))) continue;
    [best, bestSimilarity] = [cluster, similarity];
  }
  return best;
}

function finished({ members: unsorted }: Growing): TemplateCluster {
  const members = [...unsorted].sort(byMass);
  const exemplars = chooseExemplars(members);
  return {
    key: members[0]?.id ?? '',
    templateIds: members.map((member) => member.id),
    exemplarIds: exemplars.map((exemplar) => exemplar.id),
    mass: members.reduce((sum, member) => sum + member.mass, 0),
    similarities: members.map((member) =>
      Math.max(
        ...exemplars.map((exemplar) => (exemplar === member ? 1 : similarityOf(exemplar.vector, member.vector))),
      ),
    ),
  };
}
