import { holdClusters } from '#shared/database/clusters/count-failures.ts';
import {
  type LiveClusterRow,
  readLiveClusters,
  stillLoose,
  writeExemplars,
} from '#shared/database/clusters/live-clusters.ts';
import { moveTemplates, type TemplateMove } from '#shared/database/clusters/move-templates.ts';
import { openCluster } from '#shared/database/clusters/open-cluster.ts';
import { readPins } from '#shared/database/clusters/pin-store.ts';
import { slugOf } from '#shared/database/clusters/split-cluster.ts';
import {
  countSessions,
  readLooseTemplates,
  readTemplateScores,
  readTemplatesById,
  type StoredTemplate,
} from '#shared/database/clusters/template-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { enqueueWebhook } from '#shared/database/webhooks/enqueue-webhook.ts';
import { faultOwnerSchema } from '#shared/domain/score.ts';
import { assignTemplate, type LiveCluster } from '../clustering/assign-template.ts';
import { classifyFailure } from '../clustering/classify.ts';
import { type ClusterTemplate, classOf } from '../clustering/cluster-template.ts';
import { clusterTemplates, type TemplateCluster } from '../clustering/cluster-templates.ts';
import type { Embedder } from '../clustering/embedders/embedder.ts';
import type { Pin } from '../clustering/pins.ts';
import { embedTemplates } from './embed-templates.ts';
import { nameFromFacts } from './name-from-facts.ts';

export interface PlaceTemplatesDeps {
  readonly database: Database;
  readonly embedder: Embedder;
  readonly now: () => number;
}

export interface ClusterSupport {
  readonly projectId: string;
  /** Different sessions that must meet a failure before it is a cluster: one odd session is not a defect. */
  readonly minClusterSessions: number;
  /** And failures. */
  readonly minClusterEvents: number;
}

const TEMPLATES_MAX = 1_000;
const EXEMPLARS_MAX = 5;

/**
 * Finds a home for templates that have none: in the cluster whose exemplars they are like, or, with enough sessions
 * among those that are alike, in a new one. The rest waits for more failures.
 *
 * @returns ids of the clusters that were opened
 */
export async function placeTemplates(deps: PlaceTemplatesDeps, support: ClusterSupport): Promise<readonly string[]> {
  const { database, embedder } = deps;
  const { projectId } = support;
  const loose = await readLooseTemplates(database, projectId, TEMPLATES_MAX);
  if (loose.length === 0) return [];
  const pins: readonly Pin[] = await readPins(database, projectId);
  const classes = new Set(loose.map(classOf));
  const rows = (await readLiveClusters(database, projectId)).filter((row) => classes.has(classOf(row)));
  const embedded = await embedTemplates(deps, projectId, loose);
  const live = await asLiveClusters(deps, projectId, rows);
  const options = { thresholds: embedder.thresholds, pins };
  const moves: TemplateMove[] = [];
  const homeless: ClusterTemplate[] = [];
  for (const template of embedded) {
    const found = assignTemplate(template, live, options);
    if (found.kind === 'new') homeless.push(template);
    else {
      const { clusterId, similarity: score } = found;
      moves.push({
        templateId: template.id,
        clusterId,
        score,
        source: 'embedding',
        tentative: found.kind !== 'attach',
      });
    }
  }
  const groups = clusterTemplates(homeless, options);
  return await database.transaction().execute(async (transaction) => {
    await holdClusters(transaction, projectId);
    const free = await stillLoose(
      transaction,
      loose.map(({ templateId }) => templateId),
    );
    await moveTemplates(
      transaction,
      projectId,
      moves.filter(({ templateId }) => free.has(templateId)),
    );
    const opened: string[] = [];
    for (const group of groups) {
      if (!group.templateIds.every((id) => free.has(id))) continue;
      if (!(await isSupported(transaction, group, support))) continue;
      const templates = group.templateIds.flatMap((id) => loose.find(({ templateId }) => templateId === id) ?? []);
      opened.push(await openGroup(transaction, { projectId, group, templates, now: new Date(deps.now()) }));
    }
    return opened;
  });
}

async function isSupported(transaction: Database, group: TemplateCluster, support: ClusterSupport): Promise<boolean> {
  if (group.mass < support.minClusterEvents) return false;
  return (await countSessions(transaction, group.templateIds)) >= support.minClusterSessions;
}

/** Opens a cluster for templates that no cluster holds, and has people told of it. */
export async function openGroup(
  transaction: Database,
  opening: {
    readonly projectId: string;
    readonly group: TemplateCluster;
    readonly templates: readonly StoredTemplate[];
    readonly now: Date;
    readonly source?: TemplateMove['source'];
    readonly runId?: string | null;
  },
): Promise<string> {
  const { projectId, group, templates, now, source = 'signature', runId = null } = opening;
  const [leader] = templates;
  if (leader === undefined) throw new RangeError('a cluster needs a template');
  const name = nameFromFacts(templates, []);
  const clusterId = await openCluster(
    transaction,
    projectId,
    {
      ...{ slug: slugOf(leader), name, stage: leader.stage, check: leader.check },
      prefixFixable: await isPrefixFixable(transaction, leader.templateId),
      firstSeen: new Date(Math.min(...templates.map(({ firstSeen }) => firstSeen.getTime()))),
      lastSeen: new Date(Math.max(...templates.map(({ lastSeen }) => lastSeen.getTime()))),
    },
    group.templateIds.map((templateId, index) => {
      return { templateId, source, score: group.similarities[index] ?? null, tentative: false, runId };
    }),
  );
  await writeExemplars(transaction, clusterId, group.exemplarIds);
  const sessions = await countSessions(transaction, group.templateIds);
  await enqueueWebhook(transaction, {
    ...{ projectId, type: 'cluster.new', subject: clusterId, severity: 'warning', happenedAt: now },
    deduplicationKey: `cluster.new:${clusterId}`,
    title: `New failure: ${name}`,
    data: { slug: slugOf(leader), check: leader.check, stage: leader.stage, events: group.mass, sessions },
  });
  return clusterId;
}

async function isPrefixFixable(transaction: Database, templateId: string): Promise<boolean> {
  const score = (await readTemplateScores(transaction, [templateId])).get(templateId);
  if (score === undefined) return false;
  const owner = faultOwnerSchema.nullable().catch(null).parse(score.owner);
  return classifyFailure({ ...score, owner })?.prefixFixable ?? false;
}

/** Clusters as the assignment of a template sees them, with the vectors of their exemplars. */
async function asLiveClusters(
  deps: PlaceTemplatesDeps,
  projectId: string,
  rows: readonly LiveClusterRow[],
): Promise<readonly LiveCluster[]> {
  const exemplarsOf = (row: LiveClusterRow) =>
    row.exemplars.length > 0 ? row.exemplars : row.templateIds.slice(0, EXEMPLARS_MAX);
  const templates = await readTemplatesById(deps.database, rows.flatMap(exemplarsOf));
  const vectors = new Map((await embedTemplates(deps, projectId, templates)).map((each) => [each.id, each]));
  return rows.map((row) => ({
    id: row.clusterId,
    templateIds: row.templateIds,
    exemplars: exemplarsOf(row).flatMap((id) => vectors.get(id) ?? []),
  }));
}
