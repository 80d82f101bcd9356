import type { ClusterPlan } from '#shared/database/clusters/change-store.ts';
import { holdClusters } from '#shared/database/clusters/count-failures.ts';
import { readLiveTemplates, writeExemplars } from '#shared/database/clusters/live-clusters.ts';
import { noteMerges } from '#shared/database/clusters/merge-clusters.ts';
import { moveTemplates } from '#shared/database/clusters/move-templates.ts';
import { noteSplit } from '#shared/database/clusters/split-cluster.ts';
import { countSessions, type StoredTemplate } from '#shared/database/clusters/template-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { type ClusterSupport, openGroup } from './place-templates.ts';

export interface AppliedPlan {
  readonly opened: readonly string[];
  readonly merges: number;
  readonly splits: number;
}

/**
 * Makes the clusters of a project those of a plan, in a transaction: ids stay with their failures, what merges redirects,
 * what splits off is opened under a new id. A part that too few sessions met stays where it is.
 */
export async function applyPlan(
  transaction: Database,
  plan: ClusterPlan,
  by: ClusterSupport & { readonly actor: string; readonly runId: string | null; readonly now: Date },
  templates: readonly StoredTemplate[],
): Promise<AppliedPlan> {
  const { projectId, runId, actor, now } = by;
  await holdClusters(transaction, projectId);
  const stored = new Map(templates.map((template) => [template.templateId, template]));
  const idOf = new Map<string, string>();
  const opened: string[] = [];
  for (const found of plan.clusters) {
    const members = found.templateIds.flatMap((id) => stored.get(id) ?? []);
    if (found.clusterId !== null) {
      idOf.set(found.key, found.clusterId);
      continue;
    }
    const mass = members.reduce((sum, member) => sum + member.mass, 0);
    const ids = members.map(({ templateId }) => templateId);
    if (members.length === 0 || mass < by.minClusterEvents) continue;
    if ((await countSessions(transaction, ids)) < by.minClusterSessions) continue;
    const group = { ...found, mass, templateIds: ids };
    const clusterId = await openGroup(transaction, {
      ...{ projectId, group, templates: members, now, source: 'recluster', runId },
    });
    idOf.set(found.key, clusterId);
    opened.push(clusterId);
  }
  const { merges, splits } = await noteLineage(transaction, plan, idOf, { projectId, actor, runId });
  await moveTemplates(
    transaction,
    projectId,
    plan.clusters.flatMap((found) => {
      const clusterId = idOf.get(found.key);
      if (clusterId === undefined || found.clusterId === null) return [];
      return found.templateIds.flatMap((templateId, index) => {
        const score = found.similarities[index] ?? null;
        if (!stored.has(templateId)) return [];
        return { templateId, clusterId, score, source: 'recluster' as const, tentative: false, runId };
      });
    }),
  );
  await followMerges(transaction, plan, idOf, by);
  for (const found of plan.clusters) {
    if (found.clusterId !== null) await writeExemplars(transaction, found.clusterId, found.exemplarIds);
  }
  return { opened, merges, splits };
}

/** What a merged cluster still holds, of times before the window, goes where the rest of it went. */
async function followMerges(
  transaction: Database,
  plan: ClusterPlan,
  idOf: ReadonlyMap<string, string>,
  { projectId, runId }: { readonly projectId: string; readonly runId: string | null },
): Promise<void> {
  for (const { kind, parentId, childKey } of plan.lineage) {
    const clusterId = idOf.get(childKey);
    if (kind !== 'merge' || clusterId === undefined || clusterId === parentId) continue;
    const left = await readLiveTemplates(transaction, parentId);
    const move = { clusterId, source: 'recluster', score: null, tentative: false, runId } as const;
    await moveTemplates(
      transaction,
      projectId,
      left.map((templateId) => ({ templateId, ...move })),
    );
  }
}

/** Before anything moves, so that what is written down is what was there. */
async function noteLineage(
  transaction: Database,
  plan: ClusterPlan,
  idOf: ReadonlyMap<string, string>,
  by: { readonly projectId: string; readonly actor: string; readonly runId: string | null },
): Promise<{ readonly merges: number; readonly splits: number }> {
  let [merges, splits] = [0, 0];
  for (const { kind, parentId, childKey, mass } of plan.lineage) {
    const childId = idOf.get(childKey);
    if (childId === undefined || childId === parentId) continue;
    if (kind === 'merge') {
      await noteMerges(transaction, by, { into: childId, clusterIds: [parentId] });
      merges += 1;
    } else {
      await noteSplit(transaction, by, { parentId, childId, leaving: [{ eventCount: mass }] });
      splits += 1;
    }
  }
  return { merges, splits };
}
