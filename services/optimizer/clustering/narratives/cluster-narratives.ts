import { similarityOf } from '../embedders/embedder.ts';
import { linkByAverage } from './average-linkage.ts';
import { fitLatentSpace, type LatentSpace, placeInSpace } from './latent-space.ts';

/** What a judge wrote about one failure. */
export interface Narrative {
  readonly id: string;
  readonly text: string;
}

export interface NarrativeClusters {
  readonly space: LatentSpace;
  /** Ids of narratives that tell of the same kind of failure, the largest group first. */
  readonly groups: readonly (readonly string[])[];
}

/** Mean cosine down to which two groups are the same kind. */
const JOIN_FROM = 0.35;
/** Beyond this the newest are left to be placed among the groups of the others: pairs are counted. */
export const NARRATIVES_MAX = 2_000;

/**
 * Groups narratives by average linkage in their own latent space. Each narrative counts once and none leads, so leaders
 * as among templates would be arbitrary. The same narratives give the same groups in whatever order they come.
 */
export function clusterNarratives(narratives: readonly Narrative[]): NarrativeClusters {
  const sorted = [...narratives].sort((left, right) => (left.id < right.id ? -1 : 1)).slice(0, NARRATIVES_MAX);
  const space = fitLatentSpace(sorted.map((narrative) => narrative.text));
  const places = sorted.map((narrative) => placeInSpace(space, narrative.text));
  const groups = linkByAverage(
    places.map((left) => Float64Array.from(places, (right) => similarityOf(left, right))),
    JOIN_FROM,
  );
  return { space, groups: groups.map((members) => members.map((index) => sorted[index]?.id ?? '')) };
}
