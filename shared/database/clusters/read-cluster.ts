import { sql } from 'kysely';
import { type ClusterAttribution, clusterAttributionSchema } from '../../domain/failure-cluster.ts';
import type { Database } from '../connect.ts';
import { CLUSTER_COLUMNS, type ClusterRow, survivorOf } from './cluster-row.ts';
import type { ClusterComment } from './edit-cluster.ts';

export interface ClusterTemplateRow {
  readonly templateId: string;
  readonly turnShape: string;
  readonly expectedVsActual: string;
  readonly template: string;
  readonly eventCount: number;
  readonly source: string;
  /** Cosine to the nearest exemplar; null where nothing was compared. */
  readonly score: number | null;
  readonly isTentative: boolean;
}

/** Failures with one value of a dimension, beside the eligible calls with it where these are known. */
export interface ClusterPlace {
  readonly dimension: string;
  readonly value: string;
  readonly events: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** Of the last 30 days, and so are the failures that the rate is of. */
  readonly calls: number | null;
  readonly rate: number | null;
}

export interface ClusterLineageStep {
  readonly operation: string;
  readonly parentId: string;
  readonly childId: string;
  readonly eventCount: number;
  readonly actor: string;
  readonly happenedAt: Date;
}

/** Failures of a cluster while one policy was served. */
export interface ClusterPolicyRate {
  readonly policyId: string;
  readonly number: number;
  readonly createdAt: Date;
  readonly events: number;
  readonly calls: number;
  readonly rate: number | null;
}

export interface ClusterClaimRow {
  readonly policyId: string;
  readonly number: number | null;
  readonly kind: string;
  readonly claimedBy: string;
  readonly claimedAt: Date;
  /** Failures per eligible call with the policies before it, and since. */
  readonly rateBefore: number | null;
  readonly rateAfter: number | null;
}

export interface ClusterDetail extends ClusterRow {
  readonly nameSource: string;
  readonly rubric: string | null;
  readonly suspectedLayer: string | null;
  readonly statusReason: string | null;
  readonly resolvedAt: Date | null;
  readonly resolvedByPolicy: string | null;
  readonly eValue: number | null;
  readonly templates: readonly ClusterTemplateRow[];
  /** Where it lives, most failures of each dimension first. */
  readonly dimensions: readonly ClusterPlace[];
  readonly attribution: readonly ClusterAttribution[];
  readonly policies: readonly ClusterPolicyRate[];
  readonly claims: readonly ClusterClaimRow[];
  readonly lineage: readonly ClusterLineageStep[];
  readonly comments: readonly ClusterComment[];
}

const TEMPLATES_MAX = 50;
const VALUES_PER_DIMENSION_MAX = 20;
const POLICIES_MAX = 20;
const LINEAGE_MAX = 100;
const COMMENTS_MAX = 100;
const RATE_DAYS = 30;

/** A cluster with all that is known of it but its calls; for the id of one that was merged away, the one that stands. */
export async function readCluster(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<ClusterDetail | null> {
  const standing = await survivorOf(database, projectId, clusterId);
  if (standing === null) return null;
  const cluster = await database
    .selectFrom('failureCluster')
    .select([...CLUSTER_COLUMNS, 'nameSource', 'rubric', 'suspectedLayer', 'statusReason'])
    .select(['resolvedAt', 'resolvedByPolicy', 'eValue', 'attribution'])
    .where('projectId', '=', projectId)
    .where('clusterId', '=', standing)
    .executeTakeFirst();
  if (cluster === undefined) return null;
  const places = await readPlaces(database, projectId, standing);
  const policies = await readPolicyRates(database, projectId, standing);
  return {
    ...cluster,
    templates: await readTemplateRows(database, standing),
    dimensions: places,
    attribution: clusterAttributionSchema.array().catch([]).parse(cluster.attribution),
    policies,
    claims: await readClaims(database, projectId, standing, policies),
    lineage: await readLineage(database, projectId, standing),
    comments: await readComments(database, standing),
  };
}

async function readTemplateRows(database: Database, clusterId: string): Promise<readonly ClusterTemplateRow[]> {
  const { rows } = await sql<ClusterTemplateRow>`
    SELECT template.template_id, template.turn_shape, template.expected_vs_actual, template.template,
      template.event_count, assignment.source, assignment.score, assignment.tentative AS is_tentative
    FROM cluster_assignment assignment JOIN failure_template template USING (template_id)
    WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL
    ORDER BY template.event_count DESC, template.template_id LIMIT ${TEMPLATES_MAX}`.execute(database);
  return rows;
}

/** Rates are of the calls of the turn shapes that the failure is met in: others could not fail this way. */
async function readPlaces(database: Database, projectId: string, clusterId: string): Promise<readonly ClusterPlace[]> {
  const { rows } = await sql<ClusterPlace>`
    WITH shape AS (
      SELECT value FROM cluster_dimension WHERE cluster_id = ${clusterId}::uuid AND dimension = 'turnShape'
    ), traffic AS (
      SELECT each.dimension, each.value, sum(calls)::float8 AS calls FROM traffic_hour
      CROSS JOIN LATERAL (VALUES ('provider', provider), ('model', model), ('prefix', prefix_id),
        ('policy', policy_id), ('turnShape', turn_shape)) AS each (dimension, value)
      WHERE project_id = ${projectId} AND turn_shape IN (SELECT value FROM shape)
        AND hour >= now() - make_interval(days => ${RATE_DAYS}) GROUP BY 1, 2
    ), recent AS (
      SELECT dimension, value, sum(events)::float8 AS events FROM cluster_hour
      WHERE cluster_id = ${clusterId}::uuid AND hour >= now() - make_interval(days => ${RATE_DAYS}) GROUP BY 1, 2
    ), ranked AS (
      SELECT dimension, value, events, first_seen, last_seen,
        row_number() OVER (PARTITION BY dimension ORDER BY events DESC, value) AS place
      FROM cluster_dimension WHERE cluster_id = ${clusterId}::uuid
    )
    SELECT dimension, value, ranked.events, first_seen, last_seen, traffic.calls,
      coalesce(recent.events, 0) / nullif(traffic.calls, 0) AS rate
    FROM ranked LEFT JOIN traffic USING (dimension, value) LEFT JOIN recent USING (dimension, value)
    WHERE place <= ${VALUES_PER_DIMENSION_MAX} ORDER BY dimension, place`.execute(database);
  return rows;
}

/** The policies under which calls of its turn shapes were served, oldest first: before and after each of them. */
async function readPolicyRates(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<readonly ClusterPolicyRate[]> {
  const { rows } = await sql<ClusterPolicyRate>`
    SELECT policy.policy_id, policy.number, policy.created_at, coalesce(failed.events, 0) AS events, served.calls,
      coalesce(failed.events, 0) / nullif(served.calls, 0) AS rate
    FROM (
      SELECT policy_id, sum(calls)::float8 AS calls FROM traffic_hour
      WHERE project_id = ${projectId} AND policy_id <> '' AND turn_shape IN (
        SELECT value FROM cluster_dimension WHERE cluster_id = ${clusterId}::uuid AND dimension = 'turnShape')
      GROUP BY policy_id
    ) served
    JOIN policy ON policy.project_id = ${projectId} AND policy.policy_id = served.policy_id
    LEFT JOIN (
      SELECT value, sum(events)::float8 AS events FROM cluster_hour
      WHERE cluster_id = ${clusterId}::uuid AND dimension = 'policy' GROUP BY value
    ) failed ON failed.value = served.policy_id
    ORDER BY policy.number DESC LIMIT ${POLICIES_MAX}`.execute(database);
  return rows.toReversed();
}

async function readClaims(
  database: Database,
  projectId: string,
  clusterId: string,
  policies: readonly ClusterPolicyRate[],
): Promise<readonly ClusterClaimRow[]> {
  const { rows } = await sql<Omit<ClusterClaimRow, 'rateBefore' | 'rateAfter'>>`
    SELECT claim.policy_id, policy.number, claim.kind, claim.claimed_by, claim.claimed_at FROM cluster_claim claim
    LEFT JOIN policy ON policy.project_id = claim.project_id AND policy.policy_id = claim.policy_id
    WHERE claim.project_id = ${projectId} AND claim.cluster_id = ${clusterId}::uuid
    ORDER BY claim.claimed_at, claim.policy_id`.execute(database);
  const rateOf = (some: readonly ClusterPolicyRate[]): number | null => {
    const calls = some.reduce((sum, each) => sum + each.calls, 0);
    return calls === 0 ? null : some.reduce((sum, each) => sum + each.events, 0) / calls;
  };
  return rows.map((claim) => {
    const { number } = claim;
    return {
      ...claim,
      rateBefore: number === null ? null : rateOf(policies.filter((policy) => policy.number < number)),
      rateAfter: number === null ? null : rateOf(policies.filter((policy) => policy.number >= number)),
    };
  });
}

async function readLineage(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<readonly ClusterLineageStep[]> {
  return await database
    .selectFrom('clusterLineage')
    .select(['operation', 'parentId', 'childId', 'eventCount', 'actor', 'happenedAt'])
    .where('projectId', '=', projectId)
    .where((build) => build.or([build('parentId', '=', clusterId), build('childId', '=', clusterId)]))
    .orderBy('sequence')
    .limit(LINEAGE_MAX)
    .execute();
}

async function readComments(database: Database, clusterId: string): Promise<readonly ClusterComment[]> {
  return await database
    .selectFrom('clusterComment')
    .select(['commentId', 'author', 'body', 'createdAt'])
    .where('clusterId', '=', clusterId)
    .orderBy('createdAt')
    .orderBy('commentId')
    .limit(COMMENTS_MAX)
    .execute();
}
