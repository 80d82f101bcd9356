import { sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import { appendAudit } from '../audit-log.ts';
import type { Database } from '../connect.ts';
import { holdClusters } from './count-failures.ts';
import { type ClusterChange, requireLive } from './merge-clusters.ts';
import { openCluster } from './open-cluster.ts';
import { pinApart, pinTogether } from './pin-store.ts';
import { countSessions } from './template-store.ts';

/**
 * Takes templates out of a cluster into one of their own, by a person's word: no night puts them back. The failures go
 * with their templates, so that a split is exact.
 *
 * @returns the id of the new cluster
 * @throws TrimtabError `conflict` when nothing would be left, or too few sessions for a part to be shown
 */
export async function splitCluster(
  database: Database,
  change: ClusterChange & { readonly minSessions: number },
  split: { readonly clusterId: string; readonly templateIds: readonly string[]; readonly name: string | null },
): Promise<string> {
  const { projectId, actor, reason, minSessions } = change;
  const { clusterId, name } = split;
  return await database.transaction().execute(async (transaction) => {
    await holdClusters(transaction, projectId);
    await requireLive(transaction, projectId, clusterId);
    const { rows: members } = await sql<Member>`
      SELECT template.template_id, template.signature, template.check_id AS "check", template.stage,
        template.event_count, template.first_seen, template.last_seen, cluster.prefix_fixable, cluster.name
      FROM cluster_assignment assignment JOIN failure_template template USING (template_id)
      JOIN failure_cluster cluster USING (cluster_id)
      WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL
      ORDER BY template.event_count DESC, template.template_id`.execute(transaction);
    const leaving = members.filter(({ templateId }) => split.templateIds.includes(templateId));
    const staying = members.filter(({ templateId }) => !split.templateIds.includes(templateId));
    const [leader] = leaving;
    const [stayer] = staying;
    if (leaving.length < new Set(split.templateIds).size || leader === undefined) {
      throw new TrimtabError('invalid_request', 'each of the templates must be one of the cluster');
    }
    if (stayer === undefined) throw new TrimtabError('conflict', 'a split must leave a template in the cluster');
    for (const part of [leaving, staying]) {
      const sessions = await countSessions(transaction, idsOf(part));
      if (sessions >= minSessions) continue;
      throw new TrimtabError('conflict', `only ${sessions} sessions met one of the parts; ${minSessions} are needed`);
    }
    await pinTogether(transaction, projectId, idsOf(leaving), actor);
    await pinTogether(transaction, projectId, idsOf(staying), actor);
    await pinApart(transaction, projectId, [leader.templateId, stayer.templateId], actor);
    const { stage, check, prefixFixable } = leader;
    const opened = await openCluster(
      transaction,
      projectId,
      {
        ...{ stage, check, prefixFixable, name: name ?? leader.name, slug: slugOf(leader) },
        firstSeen: new Date(Math.min(...leaving.map((each) => each.firstSeen.getTime()))),
        lastSeen: new Date(Math.max(...leaving.map((each) => each.lastSeen.getTime()))),
      },
      idsOf(leaving).map((templateId) => ({ templateId, source: 'human', score: null, tentative: false })),
    );
    if (name !== null) {
      const named = { nameSource: 'human', name, title: name };
      await transaction.updateTable('failureCluster').set(named).where('clusterId', '=', opened).execute();
    }
    await noteSplit(transaction, { projectId, actor, runId: null }, { parentId: clusterId, childId: opened, leaving });
    const details = { clusterId: opened, templateIds: idsOf(leaving) };
    await appendAudit(transaction, { projectId, actor, reason, subject: clusterId, details, action: 'cluster.split' });
    return opened;
  });
}

interface Member {
  readonly templateId: string;
  readonly signature: string;
  readonly check: string;
  readonly stage: string;
  readonly eventCount: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly prefixFixable: boolean;
  readonly name: string;
}

function idsOf(members: readonly Member[]): readonly string[] {
  return members.map(({ templateId }) => templateId);
}

const SIGNATURE_CHARACTERS = 8;

/** Made of facts alone: what it is called may change, and what traffic says must not stand in an address. */
export function slugOf({ check, signature }: { readonly check: string; readonly signature: string }): string {
  return `${check}-${signature.slice(0, SIGNATURE_CHARACTERS)}`.replaceAll(/[^\w-]+/g, '-');
}

/** Writes down that a part of a cluster went into another. */
export async function noteSplit(
  transaction: Database,
  by: { readonly projectId: string; readonly actor: string; readonly runId: string | null },
  split: {
    readonly parentId: string;
    readonly childId: string;
    readonly leaving: readonly { readonly eventCount: number }[];
  },
): Promise<void> {
  await transaction
    .insertInto('clusterLineage')
    .values({
      ...by,
      parentId: split.parentId,
      childId: split.childId,
      operation: 'split',
      eventCount: split.leaving.reduce((sum, { eventCount }) => sum + eventCount, 0),
    })
    .execute();
}
