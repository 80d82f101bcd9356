import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** A stored template with where it is. */
export interface StoredTemplate {
  readonly templateId: string;
  readonly signature: string;
  readonly stage: string;
  readonly check: string;
  readonly turnShape: string;
  readonly expectedVsActual: string;
  readonly template: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** Failures of it in the window. */
  readonly mass: number;
  /** Different sessions that met it in the window. */
  readonly sessions: number;
  readonly clusterId: string | null;
  readonly isTentative: boolean;
  readonly prefixFixable: boolean | null;
}

const TEMPLATE = sql`template.template_id, template.signature, template.stage, template.check_id AS "check",
  template.turn_shape, template.expected_vs_actual, template.template, template.first_seen, template.last_seen`;

/** Templates with failures since a moment, heaviest first, each with its cluster. */
export async function readTemplates(
  database: Database,
  projectId: string,
  window: { readonly since: Date; readonly limit: number },
): Promise<readonly StoredTemplate[]> {
  const { rows } = await sql<StoredTemplate>`
    SELECT ${TEMPLATE}, met.mass, met.sessions, assignment.cluster_id,
      coalesce(assignment.tentative, false) AS is_tentative, cluster.prefix_fixable
    FROM failure_template template
    JOIN LATERAL (
      SELECT count(*) AS mass, count(DISTINCT event.session_id) AS sessions FROM failure_event event
      WHERE event.template_id = template.template_id AND event.happened_at >= ${window.since}
    ) met ON met.mass > 0
    LEFT JOIN cluster_assignment assignment
      ON assignment.template_id = template.template_id AND assignment.valid_to IS NULL
    LEFT JOIN failure_cluster cluster ON cluster.cluster_id = assignment.cluster_id
    WHERE template.project_id = ${projectId} AND template.last_seen >= ${window.since}
    ORDER BY met.mass DESC, template.template_id LIMIT ${window.limit}`.execute(database);
  return rows;
}

/**
 * Templates that no cluster holds, those that were met last first: what nobody meets again must not crowd
 * them out. However long ago: recorded runs are read long after they were made.
 */
export async function readLooseTemplates(
  database: Database,
  projectId: string,
  limit: number,
): Promise<readonly StoredTemplate[]> {
  const { rows } = await sql<StoredTemplate>`
    SELECT ${TEMPLATE}, met.mass, met.sessions, NULL::uuid AS cluster_id, false AS is_tentative,
      NULL::boolean AS prefix_fixable
    FROM failure_template template
    JOIN LATERAL (
      SELECT count(*) AS mass, count(DISTINCT event.session_id) AS sessions FROM failure_event event
      WHERE event.template_id = template.template_id
    ) met ON met.mass > 0
    WHERE template.project_id = ${projectId}
      AND NOT EXISTS (SELECT 1 FROM cluster_assignment assignment
        WHERE assignment.template_id = template.template_id AND assignment.valid_to IS NULL)
    ORDER BY template.last_seen DESC, template.template_id LIMIT ${limit}`.execute(database);
  return rows;
}

/** One failure of each template, for what a template does not keep: whose fault it is and who said so. */
export async function readTemplateScores(
  database: Database,
  templateIds: readonly string[],
): Promise<
  ReadonlyMap<
    string,
    { readonly scorer: string; readonly metric: string; readonly owner: string | null; readonly judged: boolean }
  >
> {
  const { rows } = await sql<{
    templateId: string;
    scorer: string;
    metric: string;
    owner: string | null;
    judged: boolean;
  }>`
    SELECT wanted.template_id, example.* FROM unnest(${[...templateIds]}::uuid[]) AS wanted (template_id)
    JOIN LATERAL (
      SELECT score.scorer, score.metric, score.owner, score.judge IS NOT NULL AS judged FROM failure_event event
      JOIN score ON score.call_id = event.call_id AND score.project_id = event.project_id
        AND score.scorer = event.scorer AND score.pass = event.pass
      WHERE event.template_id = wanted.template_id ORDER BY event.happened_at, event.call_id LIMIT 1
    ) example ON true`.execute(database);
  return new Map(rows.map(({ templateId, ...score }) => [templateId, score]));
}

/** Different sessions that met any of some templates. */
export async function countSessions(database: Database, templateIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ sessions: number }>`
    SELECT count(DISTINCT session_id) AS sessions FROM failure_event
    WHERE template_id = ANY(${[...templateIds]}::uuid[])`.execute(database);
  return rows[0]?.sessions ?? 0;
}

/** Templates by their ids, with all of their failures as mass. */
export async function readTemplatesById(
  database: Database,
  templateIds: readonly string[],
): Promise<
  readonly Pick<StoredTemplate, 'templateId' | 'stage' | 'check' | 'expectedVsActual' | 'template' | 'mass'>[]
> {
  return await database
    .selectFrom('failureTemplate')
    .select(['templateId', 'stage', 'checkId as check', 'expectedVsActual', 'template', 'eventCount as mass'])
    .where('templateId', '=', sql<string>`ANY(${[...templateIds]}::uuid[])`)
    .execute();
}

/** Failures of each template since a moment. */
export async function readTemplateMasses(
  database: Database,
  projectId: string,
  since: Date,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ templateId: string; mass: number }>`
    SELECT template.template_id, met.mass FROM failure_template template
    JOIN LATERAL (
      SELECT count(*) AS mass FROM failure_event event
      WHERE event.template_id = template.template_id AND event.happened_at >= ${since}
    ) met ON met.mass > 0
    WHERE template.project_id = ${projectId} AND template.last_seen >= ${since}`.execute(database);
  return new Map(rows.map(({ templateId, mass }) => [templateId, mass]));
}
