import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** Calls that show what a cluster is: what is typical of it, what came last, and what only just belongs to it. */
export interface ClusterExample {
  readonly role: 'medoid' | 'newest' | 'edge';
  readonly callId: string;
  readonly sessionId: string;
  readonly templateId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly happenedAt: Date;
}

const PER_ROLE = 3;

/**
 * Example calls of a cluster, at most three of each role and one of a template in each. Only of its own project: nobody
 * sees an example of another tenant.
 */
export async function readExamples(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<readonly ClusterExample[]> {
  const { rows } = await sql<ClusterExample>`
    WITH member AS (
      SELECT assignment.template_id, assignment.score, template.event_count, template.last_seen,
        array_position(cluster.exemplars, assignment.template_id) AS exemplar
      FROM cluster_assignment assignment JOIN failure_template template USING (template_id)
      JOIN failure_cluster cluster USING (cluster_id)
      WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.project_id = ${projectId}
        AND cluster.project_id = ${projectId} AND assignment.valid_to IS NULL
    ), chosen AS (
      (SELECT 1 AS rank, 'medoid' AS role, template_id FROM member
        ORDER BY exemplar NULLS LAST, event_count DESC, template_id LIMIT ${PER_ROLE})
      UNION ALL
      (SELECT 2, 'newest', template_id FROM member ORDER BY last_seen DESC, template_id LIMIT ${PER_ROLE})
      UNION ALL
      (SELECT 3, 'edge', template_id FROM member WHERE score < 1 ORDER BY score, template_id LIMIT ${PER_ROLE})
    )
    SELECT chosen.role, example.call_id, example.session_id, chosen.template_id, example.provider, example.model,
      example.happened_at
    FROM chosen JOIN LATERAL (
      SELECT call_id, session_id, provider, model, happened_at FROM failure_event event
      WHERE event.template_id = chosen.template_id AND event.project_id = ${projectId}
      ORDER BY happened_at DESC, call_id DESC LIMIT 1
    ) example ON true
    ORDER BY chosen.rank, CASE WHEN chosen.role = 'newest' THEN example.happened_at END DESC, chosen.template_id`.execute(
    database,
  );
  return rows;
}
