import { sql } from 'kysely';
import type { FailureFacts } from '../domain/failure-cluster.ts';
import { type FaultOwner, faultOwnerSchema } from '../domain/score.ts';
import type { Database } from './connect.ts';

/** A failing score that no failure event stands for yet, with the dimensions of its call. */
export interface NewFailure {
  readonly callId: string;
  readonly scorer: string;
  readonly pass: string;
  readonly metric: string;
  readonly owner: FaultOwner | null;
  readonly severity: string | null;
  readonly judged: boolean;
  readonly explanation: string | null;
  readonly scoredAt: Date;
  readonly sessionId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly prefixId: string | null;
  readonly policyId: string | null;
  readonly turnShape: string;
  readonly repo: string | null;
  readonly happenedAt: Date;
}

export interface FailureToRecord {
  readonly failure: NewFailure;
  readonly facts: FailureFacts;
  readonly signature: string;
  readonly signatureAlgorithm: number;
}

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

/**
 * Failures of calls and sessions scored since a moment, oldest first. Client-owned faults and replays are left out
 * here, so that they are not read again at every look.
 */
export async function readNewFailures(
  database: Database,
  projectId: string,
  options: { readonly since: Date; readonly limit: number },
): Promise<NewFailure[]> {
  const rows = await database
    .selectFrom('score')
    .innerJoin('call', (join) =>
      join.onRef('call.callId', '=', 'score.callId').onRef('call.projectId', '=', 'score.projectId'),
    )
    .select([
      'score.callId',
      'score.scorer',
      'score.pass',
      'score.metric',
      'score.owner',
      'score.severity',
      'score.explanation',
      'score.createdAt as scoredAt',
      'call.sessionId',
      'call.provider',
      'call.prefixId',
      'call.policyId',
      'call.turnShape',
      'call.repo',
      'call.startedAt as happenedAt',
      sql<boolean>`score.judge IS NOT NULL`.as('judged'),
      sql<string | null>`coalesce(call.attempts -> -1 ->> 'model', call.response_model)`.as('model'),
    ])
    .where('score.projectId', '=', projectId)
    .where('score.outcome', '=', 'fail')
    .where('score.status', '=', 'scored')
    .where('score.createdAt', '>=', options.since)
    .where('call.source', '<>', 'replay')
    // A row with neither severity nor judge is a metric: the sum of checks that have rows of their own.
    .where((build) => build.or([build('score.severity', 'is not', null), build('score.judge', 'is not', null)]))
    .where((build) =>
      build.or([
        build('score.owner', 'in', ['provider', 'gateway', 'tool']),
        build.and([build('score.owner', 'is', null), build('score.judge', 'is not', null)]),
      ]),
    )
    .where((build) =>
      build.not(
        build.exists(
          build
            .selectFrom('failureEvent')
            .select('failureEvent.callId')
            .whereRef('failureEvent.callId', '=', 'score.callId')
            .whereRef('failureEvent.projectId', '=', 'score.projectId')
            .whereRef('failureEvent.scorer', '=', 'score.scorer')
            .whereRef('failureEvent.pass', '=', 'score.pass'),
        ),
      ),
    )
    .orderBy('score.createdAt')
    .orderBy('score.callId')
    .limit(options.limit)
    .execute();
  return rows.map((row) => ({ ...row, owner: faultOwnerSchema.nullable().catch(null).parse(row.owner) }));
}

/**
 * Stores events and their templates in one transaction. Safe to repeat: an event is counted once, by its own key.
 * Returns how many were new, and the templates that they belong to.
 */
export async function recordFailures(
  database: Database,
  projectId: string,
  failures: readonly FailureToRecord[],
): Promise<{ readonly recorded: number; readonly templateIds: readonly string[] }> {
  // One order of signatures for all writers, so that two optimizers cannot lock templates crosswise.
  const ordered = [...failures].sort((a, b) => (a.signature < b.signature ? -1 : a.signature > b.signature ? 1 : 0));
  return await database.transaction().execute(async (transaction) => {
    let recorded = 0;
    const templateIds = new Set<string>();
    for (const entry of ordered) {
      const templateId = await upsertTemplate(transaction, projectId, entry);
      const inserted = await insertEvent(transaction, projectId, entry.failure, templateId);
      recorded += inserted;
      if (inserted > 0) templateIds.add(templateId);
    }
    return { recorded, templateIds: [...templateIds] };
  });
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

async function upsertTemplate(transaction: Database, projectId: string, entry: FailureToRecord): Promise<string> {
  const { facts, failure } = entry;
  const row = await transaction
    .insertInto('failureTemplate')
    .values({
      templateId: sql`gen_random_uuid()`,
      projectId,
      signature: entry.signature,
      signatureAlgorithm: entry.signatureAlgorithm,
      stage: facts.stage,
      checkId: facts.check,
      turnShape: facts.turnShape,
      expectedVsActual: facts.expectedVsActual,
      template: facts.template,
      firstSeen: failure.happenedAt,
      lastSeen: failure.happenedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'signature']).doUpdateSet({
        firstSeen: sql`least(failure_template.first_seen, excluded.first_seen)`,
        lastSeen: sql`greatest(failure_template.last_seen, excluded.last_seen)`,
      }),
    )
    .returning('templateId')
    .executeTakeFirstOrThrow();
  return row.templateId;
}

async function insertEvent(
  transaction: Database,
  projectId: string,
  failure: NewFailure,
  templateId: string,
): Promise<number> {
  const { callId, scorer, pass, sessionId, provider, model, prefixId, policyId } = failure;
  const { turnShape, repo, owner, severity, happenedAt } = failure;
  const inserted = await transaction
    .insertInto('failureEvent')
    .values({
      ...{ projectId, callId, scorer, pass, templateId, sessionId, provider, model, prefixId, policyId },
      ...{ turnShape, repo, owner, severity, happenedAt },
    })
    .onConflict((conflict) => conflict.columns(['callId', 'projectId', 'scorer', 'pass']).doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) return 0;
  await transaction
    .updateTable('failureTemplate')
    .set({ eventCount: sql`event_count + 1` })
    .where('templateId', '=', templateId)
    .execute();
  return 1;
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
