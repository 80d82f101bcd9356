import type { ClusterTemplate } from './cluster-template.ts';
import { similarityOf } from './embedders/embedder.ts';

/** Exemplars of one cluster; five tell its shape, and each is a comparison per new template. */
export const EXEMPLARS_MAX = 5;
/** Only the heaviest members are tried as exemplars, so that a cluster of thousands costs no quadratic time. */
const CANDIDATES_MAX = 64;

/**
 * The members that stand for a cluster, best first: each covers as much of the failures as can be covered beyond those
 * before it. The first is the weighted medoid. A template that adds nothing is left out.
 */
export function chooseExemplars(members: readonly ClusterTemplate[]): readonly ClusterTemplate[] {
  const candidates = [...members].sort(byMass).slice(0, CANDIDATES_MAX);
  const covered = members.map(() => 0);
  const similarities = candidates.map((candidate) =>
    members.map((member) => (member === candidate ? 1 : similarityOf(candidate.vector, member.vector))),
  );
  const chosen: number[] = [];
  while (chosen.length < EXEMPLARS_MAX) {
    let best = -1;
    let bestGain = 1e-6;
    for (let index = 0; index < candidates.length; index += 1) {
      const row = similarities[index] ?? [];
      let gain = 0;
      for (let member = 0; member < row.length; member += 1) {
        gain += (members[member]?.mass ?? 0) * Math.max(0, (row[member] ?? 0) - (covered[member] ?? 0));
      }
      if (gain > bestGain * (1 + 1e-9)) [best, bestGain] = [index, gain];
    }
    if (best === -1) break;
    chosen.push(best);
    (similarities[best] ?? []).forEach((similarity, member) => {
      covered[member] = Math.max(covered[member] ?? 0, similarity);
    });
  }
  return chosen.flatMap((index) => candidates[index] ?? []);
}

/** Heaviest first; ties by id, so that the order does not depend on where the templates came from. */
export function byMass(left: { readonly id: string; readonly mass: number }, right: typeof left): number {
  return right.mass - left.mass || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
