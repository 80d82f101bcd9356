import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';

export interface StoreSize {
  readonly clusters: number;
  readonly failures: number;
}

const TEMPLATES_PER_CLUSTER = 5;

/** An id made of a number, in the form that UUIDs of version 4 have. */
function clusterId(number: string) {
  return sql.raw(`overlay(overlay(md5('cluster' || ${number}) placing '4' from 13) placing '8' from 17)::uuid`);
}

/**
 * Fills a project with clusters and failures of a month, and counts them as `count_failures` would: by whole statements,
 * because a million failures one by one would take hours. A few clusters have most of the failures, as in real life.
 */
export async function fillStore(owner: Database, projectId: string, size: StoreSize): Promise<void> {
  await sql`
    INSERT INTO failure_cluster (cluster_id, project_id, slug, title, name, place, status, stage, check_id, severity,
      trend, first_seen, last_seen)
    SELECT ${clusterId('number')}, ${projectId}, 'cluster-' || number, 'Failure mode number ' || number,
      'Failure mode number ' || number, '',
      (ARRAY['new', 'ongoing', 'ongoing', 'escalating', 'resolved', 'regressed', 'archived', 'ignored'])[1 + number % 8],
      'tool_use', 'check_' || number % 40, (ARRAY['fatal', 'error', 'warning', 'info'])[1 + number % 4],
      (ARRAY['new', 'rising', 'steady', 'falling', 'quiet'])[1 + number % 5], now(), now()
    FROM generate_series(1, ${size.clusters}::int) AS number`.execute(owner);
  await sql`
    INSERT INTO failure_template (template_id, project_id, signature, signature_algorithm, stage, check_id, turn_shape,
      expected_vs_actual, template, first_seen, last_seen)
    SELECT md5('template' || number)::uuid, ${projectId}, md5('signature' || number), 1, 'tool_use',
      'check_' || number % 40, '4k-multi-edit', '', 'template number ' || number, now(), now()
    FROM generate_series(1, ${size.clusters * TEMPLATES_PER_CLUSTER}::int) AS number`.execute(owner);
  await sql`
    INSERT INTO cluster_assignment (project_id, template_id, cluster_id, source)
    SELECT ${projectId}, md5('template' || number)::uuid,
      ${clusterId(`(1 + number % ${size.clusters})`)}, 'signature'
    FROM generate_series(1, ${size.clusters * TEMPLATES_PER_CLUSTER}::int) AS number`.execute(owner);
  await sql`
    INSERT INTO failure_event (project_id, call_id, scorer, pass, template_id, session_id, provider, model, turn_shape,
      tool, repo, severity, happened_at)
    SELECT ${projectId}, md5('call' || number)::uuid, 'check_' || template % 40, 'call',
      md5('template' || template)::uuid, 'session-' || number % 20000, 'provider-' || number % 4,
      'model-' || number % 12, '4k-multi-edit', 'tool-' || number % 25, 'repo-' || number % 10, 'error',
      now() - make_interval(secs => (number % 2592000))
    FROM (SELECT number, 1 + floor(${size.clusters * TEMPLATES_PER_CLUSTER}::int
        * power(((number::bigint * 7919) % 1000003) / 1000003.0, 3))::int AS template
      FROM generate_series(1, ${size.failures}::int) AS number) AS each`.execute(owner);
  await countAll(owner);
  await sql`VACUUM ANALYZE`.execute(owner);
}

async function countAll(owner: Database): Promise<void> {
  await sql`CREATE TEMPORARY TABLE counted AS
    SELECT assignment.cluster_id, event.* FROM failure_event event
    JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL`.execute(
    owner,
  );
  await sql`
    INSERT INTO cluster_session (project_id, cluster_id, session_id, events, first_at, last_at)
    SELECT project_id, cluster_id, session_id, count(*), min(happened_at), max(happened_at) FROM counted
    GROUP BY 1, 2, 3`.execute(owner);
  const places = sql`CROSS JOIN LATERAL (VALUES ('', ''), ('provider', provider), ('model', model),
    ('turnShape', turn_shape), ('tool', tool), ('repo', repo)) AS place (dimension, value)`;
  await sql`
    INSERT INTO cluster_hour (project_id, cluster_id, dimension, value, hour, events)
    SELECT project_id, cluster_id, place.dimension, place.value, date_trunc('hour', happened_at, 'UTC'), count(*)
    FROM counted ${places} GROUP BY 1, 2, 3, 4, 5`.execute(owner);
  await sql`
    INSERT INTO cluster_dimension (project_id, cluster_id, dimension, value, events, first_seen, last_seen)
    SELECT project_id, cluster_id, place.dimension, place.value, count(*), min(happened_at), max(happened_at)
    FROM counted ${places} WHERE place.dimension <> '' GROUP BY 1, 2, 3, 4`.execute(owner);
  await sql`
    UPDATE failure_cluster cluster SET event_count = total.events, session_count = total.sessions,
      recent_count = total.events / 4, recent_rate = total.events / 1e6, last_seen = total.last_seen
    FROM (SELECT cluster_id, count(*) AS events, count(DISTINCT session_id) AS sessions, max(happened_at) AS last_seen
      FROM counted GROUP BY 1) total WHERE total.cluster_id = cluster.cluster_id`.execute(owner);
}
