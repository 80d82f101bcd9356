import { sql } from 'kysely';
import { type FaultOwner, faultOwnerSchema } from '../domain/score.ts';
import type { Database } from './connect.ts';

/** A template that enough sessions met, and that no cluster holds. */
export interface UnassignedTemplate {
  readonly templateId: string;
  readonly signature: string;
  readonly stage: string;
  readonly check: string;
  readonly turnShape: string;
  readonly expectedVsActual: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly sessionCount: number;
  /** One of its failures, for what the template does not keep: whose fault it is and who said so. */
  readonly failure: {
    readonly scorer: string;
    readonly metric: string;
    readonly owner: FaultOwner | null;
    readonly judged: boolean;
  };
}

/** Templates without a cluster that were met in at least `minSessions` different sessions. */
export async function readUnassignedTemplates(
  database: Database,
  projectId: string,
  minSessions: number,
  limit: number,
): Promise<UnassignedTemplate[]> {
  const rows = await sql<
    Omit<UnassignedTemplate, 'failure'> & { metric: string; owner: string | null; judged: boolean }
  >`
    SELECT template.template_id AS "templateId", template.signature, template.stage, template.check_id AS "check",
      template.turn_shape AS "turnShape", template.expected_vs_actual AS "expectedVsActual",
      template.first_seen AS "firstSeen", template.last_seen AS "lastSeen", met.sessions AS "sessionCount",
      example.metric, example.owner, example.judged
    FROM failure_template template
    JOIN LATERAL (
      SELECT count(DISTINCT event.session_id) AS sessions FROM failure_event event
      WHERE event.template_id = template.template_id
    ) met ON met.sessions >= ${minSessions}
    JOIN LATERAL (
      SELECT score.metric, score.owner, score.judge IS NOT NULL AS judged FROM failure_event event
      JOIN score ON score.call_id = event.call_id AND score.project_id = event.project_id
        AND score.scorer = event.scorer AND score.pass = event.pass
      WHERE event.template_id = template.template_id ORDER BY event.happened_at, event.call_id LIMIT 1
    ) example ON true
    WHERE template.project_id = ${projectId}
      AND NOT EXISTS (SELECT 1 FROM cluster_assignment assignment
        WHERE assignment.template_id = template.template_id AND assignment.valid_to IS NULL)
    ORDER BY template.first_seen, template.template_id LIMIT ${limit}`.execute(database);
  return rows.rows.map(({ metric, owner, judged, ...row }) => ({
    ...row,
    failure: { scorer: row.check, metric, owner: faultOwnerSchema.nullable().catch(null).parse(owner), judged },
  }));
}

/** Opens a cluster for a template. Another optimizer may have done so: the slug decides, and the template joins it. */
export async function openCluster(
  database: Database,
  projectId: string,
  template: UnassignedTemplate,
  cluster: { readonly slug: string; readonly title: string; readonly prefixFixable: boolean },
): Promise<string> {
  return await database.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('failureCluster')
      .values({
        clusterId: sql`gen_random_uuid()`,
        projectId,
        ...cluster,
        status: 'new',
        stage: template.stage,
        checkId: template.check,
        firstSeen: template.firstSeen,
        lastSeen: template.lastSeen,
      })
      .onConflict((conflict) => conflict.columns(['projectId', 'slug']).doNothing())
      .execute();
    const { clusterId } = await transaction
      .selectFrom('failureCluster')
      .select('clusterId')
      .where('projectId', '=', projectId)
      .where('slug', '=', cluster.slug)
      .executeTakeFirstOrThrow();
    const { templateId } = template;
    await sql`
      INSERT INTO cluster_assignment (project_id, template_id, cluster_id, source)
      VALUES (${projectId}, ${templateId}, ${clusterId}, 'signature')
      ON CONFLICT (template_id) WHERE valid_to IS NULL DO NOTHING`.execute(transaction);
    return clusterId;
  });
}

/**
 * Brings the counts of clusters up to date, and ages `new` to `ongoing`.
 *
 * @param options.templateIds templates with new events, whose clusters are counted anew; null for all clusters
 */
export async function refreshClusters(
  database: Database,
  projectId: string,
  options: { readonly templateIds: readonly string[] | null; readonly newForDays: number },
): Promise<void> {
  const { templateIds } = options;
  const touched =
    templateIds === null
      ? sql`true`
      : sql`assignment.cluster_id IN (SELECT cluster_id FROM cluster_assignment
          WHERE template_id = ANY (${templateIds}::uuid[]) AND valid_to IS NULL)`;
  await sql`
    UPDATE failure_cluster cluster SET event_count = counted.events, session_count = counted.sessions,
      first_seen = counted.first_seen, last_seen = counted.last_seen
    FROM (
      SELECT assignment.cluster_id, count(*) AS events, count(DISTINCT event.session_id) AS sessions,
        min(event.happened_at) AS first_seen, max(event.happened_at) AS last_seen
      FROM cluster_assignment assignment JOIN failure_event event USING (template_id)
      WHERE assignment.project_id = ${projectId} AND assignment.valid_to IS NULL AND ${touched}
      GROUP BY assignment.cluster_id
    ) counted
    WHERE cluster.cluster_id = counted.cluster_id`.execute(database);
  await sql`
    UPDATE failure_cluster SET status = 'ongoing' WHERE project_id = ${projectId} AND status = 'new'
      AND created_at < now() - make_interval(days => ${options.newForDays})`.execute(database);
}

export async function renameCluster(database: Database, clusterId: string, title: string): Promise<void> {
  await database
    .updateTable('failureCluster')
    .set({ title })
    .where('clusterId', '=', clusterId)
    .where('title', '<>', title)
    .execute();
}

/** Failures of a template by provider, beside all calls of the same turn shape since its first failure. */
export async function readProviderShares(
  database: Database,
  projectId: string,
  template: { readonly templateId: string; readonly turnShape: string; readonly firstSeen: Date },
): Promise<{ provider: string; failures: number; failingSessions: number; calls: number }[]> {
  const shares = await sql<{ provider: string; failures: number; failingSessions: number; calls: number }>`
    SELECT traffic.provider, coalesce(failed.failures, 0) AS failures,
      coalesce(failed.sessions, 0) AS "failingSessions", traffic.calls
    FROM (
      SELECT provider, count(*) AS calls FROM call
      WHERE project_id = ${projectId} AND turn_shape = ${template.turnShape} AND source <> 'replay'
        AND provider IS NOT NULL AND call_id >= lowest_call_id(${template.firstSeen}::timestamptz)
      GROUP BY provider
    ) traffic
    LEFT JOIN (
      SELECT provider, count(*) AS failures, count(DISTINCT session_id) AS sessions FROM failure_event
      WHERE template_id = ${template.templateId}::uuid GROUP BY provider
    ) failed USING (provider)
    ORDER BY traffic.provider`.execute(database);
  return shares.rows;
}

export interface ClusterRow {
  readonly clusterId: string;
  readonly slug: string;
  readonly title: string;
  readonly status: string;
  readonly stage: string;
  readonly check: string;
  readonly prefixFixable: boolean;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly eventCount: number;
  readonly sessionCount: number;
}

export interface ClusterDetail extends ClusterRow {
  readonly templates: readonly {
    readonly templateId: string;
    readonly turnShape: string;
    readonly expectedVsActual: string;
    readonly template: string;
    readonly eventCount: number;
  }[];
  /** Failures per provider, model, prefix and policy: where the cluster lives. */
  readonly dimensions: readonly {
    readonly provider: string | null;
    readonly model: string | null;
    readonly prefixId: string | null;
    readonly policyId: string | null;
    readonly events: number;
    readonly sessions: number;
  }[];
  readonly callIds: readonly string[];
}

const CLUSTER_COLUMNS = [
  'clusterId',
  'slug',
  'title',
  'status',
  'stage',
  'checkId as check',
  'prefixFixable',
  'firstSeen',
  'lastSeen',
  'eventCount',
  'sessionCount',
] as const;
const DIMENSIONS_MAX = 50;
const EXAMPLE_CALLS = 20;

/** Clusters by how recently they failed, newest first. */
export async function listClusters(
  database: Database,
  projectId: string,
  page: {
    readonly before?: { readonly lastSeen: Date; readonly clusterId: string } | undefined;
    readonly limit: number;
    readonly status?: string | undefined;
  },
): Promise<ClusterRow[]> {
  let query = database.selectFrom('failureCluster').select(CLUSTER_COLUMNS).where('projectId', '=', projectId);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  const { before } = page;
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(date_trunc('milliseconds', last_seen), cluster_id) < (${before.lastSeen}, ${before.clusterId}::uuid)`,
    );
  }
  return await query
    .orderBy(sql`date_trunc('milliseconds', last_seen)`, 'desc')
    .orderBy('clusterId', 'desc')
    .limit(page.limit)
    .execute();
}

export async function readCluster(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<ClusterDetail | null> {
  const cluster = await database
    .selectFrom('failureCluster')
    .select(CLUSTER_COLUMNS)
    .where('projectId', '=', projectId)
    .where('clusterId', '=', clusterId)
    .executeTakeFirst();
  if (cluster === undefined) return null;
  const events = database
    .selectFrom('clusterAssignment as assignment')
    .innerJoin('failureEvent as event', 'event.templateId', 'assignment.templateId')
    .where('assignment.clusterId', '=', clusterId)
    .where('assignment.validTo', 'is', null);
  const templates = await database
    .selectFrom('clusterAssignment as assignment')
    .innerJoin('failureTemplate as template', 'template.templateId', 'assignment.templateId')
    .select([
      'template.templateId',
      'template.turnShape',
      'template.expectedVsActual',
      'template.template',
      'template.eventCount',
    ])
    .where('assignment.clusterId', '=', clusterId)
    .where('assignment.validTo', 'is', null)
    .orderBy('template.eventCount', 'desc')
    .limit(DIMENSIONS_MAX)
    .execute();
  const dimensions = await events
    .select((build) => [
      'event.provider',
      'event.model',
      'event.prefixId',
      'event.policyId',
      build.fn.countAll<number>().as('events'),
      build.fn.count<number>('event.sessionId').distinct().as('sessions'),
    ])
    .groupBy(['event.provider', 'event.model', 'event.prefixId', 'event.policyId'])
    .orderBy('events', 'desc')
    .limit(DIMENSIONS_MAX)
    .execute();
  const examples = await events
    .select('event.callId')
    .distinct()
    .orderBy('event.callId', 'desc')
    .limit(EXAMPLE_CALLS)
    .execute();
  return { ...cluster, templates, dimensions, callIds: examples.map((row) => row.callId) };
}
