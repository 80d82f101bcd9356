/**
 * What people work with: clusters with an identity of their own, who has them, what was said of them, and what
 * re-clustering may not undo. Rows go with their cluster or template.
 */
export const CLUSTER_WORK_TABLES = `
ALTER TABLE failure_cluster
  ADD COLUMN severity text NOT NULL DEFAULT 'error' CHECK (severity IN ('fatal', 'error', 'warning', 'info')),
  -- What is named, and where it happens: the title is both.
  ADD COLUMN name text NOT NULL DEFAULT '',
  ADD COLUMN place text NOT NULL DEFAULT '',
  ADD COLUMN name_source text NOT NULL DEFAULT 'keywords' CHECK (name_source IN ('keywords', 'llm', 'human')),
  -- Failures per template when it was named: a new name takes a new membership.
  ADD COLUMN named_members jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN rubric text,
  ADD COLUMN suspected_layer text,
  ADD COLUMN exemplars uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN assignee text,
  ADD COLUMN labels text[] NOT NULL DEFAULT '{}',
  ADD COLUMN status_since timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN status_reason text,
  ADD COLUMN resolved_at timestamptz,
  -- Newly failing sessions per eligible call in the week before it was resolved.
  ADD COLUMN resolved_rate double precision,
  ADD COLUMN merged_into uuid REFERENCES failure_cluster ON DELETE SET NULL,
  ADD COLUMN trend text NOT NULL DEFAULT 'new' CHECK (trend IN ('new', 'rising', 'steady', 'falling', 'quiet')),
  ADD COLUMN recent_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN recent_rate double precision,
  ADD COLUMN baseline_rate double precision,
  ADD COLUMN e_value double precision,
  ADD COLUMN assessed_at timestamptz,
  ADD COLUMN attribution jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN attributed_at timestamptz,
  ADD COLUMN attributed_count bigint NOT NULL DEFAULT 0;
UPDATE failure_cluster SET name = title;
CREATE INDEX failure_cluster_list_idx ON failure_cluster (project_id, last_seen DESC, cluster_id DESC)
  WHERE merged_into IS NULL;

ALTER TABLE failure_event ADD COLUMN tool text;
CREATE INDEX failure_event_session_idx ON failure_event (project_id, session_id);

ALTER TABLE cluster_assignment
  -- Near, but not near enough to be sure: a person, a model or the night confirms it.
  ADD COLUMN tentative boolean NOT NULL DEFAULT false,
  ADD COLUMN run_id uuid;

CREATE TABLE template_embedding (
  template_id uuid PRIMARY KEY REFERENCES failure_template ON DELETE CASCADE,
  project_id text NOT NULL,
  embedder text NOT NULL,
  embedder_version text NOT NULL,
  attach_threshold double precision NOT NULL,
  tentative_threshold double precision NOT NULL,
  embedding real[] NOT NULL,
  embedded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX template_embedding_project_idx ON template_embedding (project_id);

CREATE TABLE cluster_lineage (
  sequence bigserial PRIMARY KEY,
  project_id text NOT NULL,
  parent_id uuid NOT NULL,
  child_id uuid NOT NULL,
  operation text NOT NULL CHECK (operation IN ('merge', 'split')),
  event_count bigint NOT NULL,
  actor text NOT NULL,
  run_id uuid,
  happened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cluster_lineage_parent_idx ON cluster_lineage (parent_id);
CREATE INDEX cluster_lineage_child_idx ON cluster_lineage (child_id);

CREATE TABLE cluster_pin (
  sequence bigserial PRIMARY KEY,
  project_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('together', 'apart')),
  template_id uuid NOT NULL REFERENCES failure_template ON DELETE CASCADE,
  other_template_id uuid NOT NULL REFERENCES failure_template ON DELETE CASCADE,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cluster_pin_project_idx ON cluster_pin (project_id, sequence);

CREATE TABLE cluster_comment (
  comment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  author text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cluster_comment_idx ON cluster_comment (cluster_id, created_at);

-- Policies that claim to mend a cluster.
CREATE TABLE cluster_claim (
  project_id text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  policy_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('prefix', 'routing', 'other')),
  claimed_by text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster_id, policy_id)
);

-- What a night would change of more failures than it may without a person's word.
CREATE TABLE cluster_change (
  change_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id text NOT NULL REFERENCES project,
  run_id uuid,
  status text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'applied', 'rejected', 'superseded')),
  moved_share double precision NOT NULL,
  plan jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  decided_at timestamptz,
  decided_by text
);
CREATE UNIQUE INDEX cluster_change_open_idx ON cluster_change (project_id) WHERE status = 'proposed';

CREATE TABLE cluster_name (
  project_id text NOT NULL,
  member_hash text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  model text NOT NULL,
  name text NOT NULL,
  rubric text NOT NULL,
  suspected_layer text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, member_hash)
);
CREATE INDEX cluster_name_cluster_idx ON cluster_name (cluster_id);

CREATE TABLE replay_set_call (
  project_id text NOT NULL,
  replay_set text NOT NULL,
  call_id uuid NOT NULL,
  cluster_id uuid REFERENCES failure_cluster ON DELETE SET NULL,
  added_by text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, replay_set, call_id)
);
CREATE INDEX replay_set_call_idx ON replay_set_call (call_id);
`;

/** Counts that are kept, so that a list of a thousand clusters reads no failures. */
export const CLUSTER_COUNT_TABLES = `
-- Failures by hour: all of them (dimension ''), by each dimension, and sessions that failed for the first time.
CREATE TABLE cluster_hour (
  project_id text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  dimension text NOT NULL,
  value text NOT NULL,
  hour timestamptz NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (cluster_id, dimension, value, hour)
);
CREATE INDEX cluster_hour_recent_idx ON cluster_hour (project_id, hour) INCLUDE (cluster_id, dimension, events)
  WHERE dimension IN ('', 'newSession');

CREATE TABLE cluster_dimension (
  project_id text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  dimension text NOT NULL,
  value text NOT NULL,
  events bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (cluster_id, dimension, value)
);
CREATE INDEX cluster_dimension_value_idx ON cluster_dimension (project_id, dimension, value);

CREATE TABLE cluster_session (
  project_id text NOT NULL,
  cluster_id uuid NOT NULL REFERENCES failure_cluster ON DELETE CASCADE,
  session_id text NOT NULL,
  events bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (cluster_id, session_id)
);
CREATE INDEX cluster_session_session_idx ON cluster_session (project_id, session_id);

-- Calls by hour, whose failures are told as rates of them.
CREATE TABLE traffic_hour (
  project_id text NOT NULL,
  hour timestamptz NOT NULL,
  turn_shape text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  prefix_id text NOT NULL,
  policy_id text NOT NULL,
  calls bigint NOT NULL,
  PRIMARY KEY (project_id, hour, turn_shape, provider, model, prefix_id, policy_id)
);
`;

const SEVERITY_RANK = `array_position(ARRAY['fatal', 'error', 'warning', 'info'], severity)`;

/** The dimensions of a failure, as rows. */
const DIMENSIONS = `(VALUES ('', ''), ('provider', event.provider), ('model', event.model),
  ('prefix', event.prefix_id), ('policy', event.policy_id), ('turnShape', event.turn_shape),
  ('tool', event.tool), ('repo', event.repo)) AS place (dimension, value)`;

const EVENTS = `jsonb_to_recordset(failures) AS event (template_id uuid, session_id text, provider text, model text,
  prefix_id text, policy_id text, turn_shape text, tool text, repo text, severity text, happened_at timestamptz)`;

/** Counting failures in and out. Callers hold the lock of the project's clusters. */
export const CLUSTER_COUNT_FUNCTIONS = `
CREATE FUNCTION hold_clusters(project text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('trimtab.clusters.' || project, 0))
$$;

CREATE FUNCTION count_failures(project text, failures jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH event AS MATERIALIZED (
    SELECT assignment.cluster_id, event.* FROM ${EVENTS}
    JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL
  ), met AS (
    INSERT INTO cluster_session AS known (project_id, cluster_id, session_id, events, first_at, last_at)
    SELECT project, cluster_id, session_id, count(*), min(happened_at), max(happened_at) FROM event
    GROUP BY cluster_id, session_id
    ON CONFLICT (cluster_id, session_id) DO UPDATE SET events = known.events + excluded.events,
      last_at = greatest(known.last_at, excluded.last_at)
    RETURNING known.cluster_id, known.first_at, (known.xmax = 0) AS is_new
  ), counted AS MATERIALIZED (
    SELECT cluster_id, date_trunc('hour', happened_at, 'UTC') AS hour, place.dimension, place.value, count(*) AS events,
      min(happened_at) AS first_seen, max(happened_at) AS last_seen
    FROM event CROSS JOIN LATERAL ${DIMENSIONS} WHERE place.value IS NOT NULL GROUP BY 1, 2, 3, 4
  ), hours AS (
    INSERT INTO cluster_hour AS known (project_id, cluster_id, dimension, value, hour, events)
    SELECT project, cluster_id, dimension, value, hour, events FROM counted
    UNION ALL
    SELECT project, cluster_id, 'newSession', '', date_trunc('hour', first_at, 'UTC'), count(*) FROM met WHERE is_new
    GROUP BY 2, 5
    ON CONFLICT (cluster_id, dimension, value, hour) DO UPDATE SET events = known.events + excluded.events
  ), places AS (
    INSERT INTO cluster_dimension AS known (project_id, cluster_id, dimension, value, events, first_seen, last_seen)
    SELECT project, cluster_id, dimension, value, sum(events), min(first_seen), max(last_seen) FROM counted
    WHERE dimension <> '' GROUP BY cluster_id, dimension, value
    ON CONFLICT (cluster_id, dimension, value) DO UPDATE SET events = known.events + excluded.events,
      first_seen = least(known.first_seen, excluded.first_seen), last_seen = greatest(known.last_seen, excluded.last_seen)
  ), total AS (
    SELECT cluster_id, count(*) AS events, min(happened_at) AS first_seen, max(happened_at) AS last_seen,
      (ARRAY['fatal', 'error', 'warning', 'info'])[min(${SEVERITY_RANK})] AS worst,
      (SELECT count(*) FROM met WHERE met.cluster_id = event.cluster_id AND is_new) AS sessions
    FROM event GROUP BY cluster_id
  )
  UPDATE failure_cluster cluster SET event_count = cluster.event_count + total.events,
    session_count = cluster.session_count + total.sessions,
    first_seen = CASE WHEN cluster.event_count = 0 THEN total.first_seen
      ELSE least(cluster.first_seen, total.first_seen) END,
    last_seen = CASE WHEN cluster.event_count = 0 THEN total.last_seen
      ELSE greatest(cluster.last_seen, total.last_seen) END,
    severity = CASE WHEN total.worst IS NULL THEN cluster.severity
      WHEN cluster.event_count = 0 OR array_position(ARRAY['fatal', 'error', 'warning', 'info'], total.worst)
        < array_position(ARRAY['fatal', 'error', 'warning', 'info'], cluster.severity) THEN total.worst
      ELSE cluster.severity END
  FROM total WHERE cluster.cluster_id = total.cluster_id;
END $$;

-- The other way, for failures that are erased or moved to another cluster.
CREATE FUNCTION uncount_failures(project text, failures jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH event AS MATERIALIZED (
    SELECT assignment.cluster_id, event.* FROM ${EVENTS}
    JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL
  ), met AS MATERIALIZED (
    SELECT known.cluster_id, known.session_id, known.first_at, count(*) AS events, known.events AS known_events
    FROM event JOIN cluster_session known USING (cluster_id, session_id)
    GROUP BY known.cluster_id, known.session_id, known.first_at, known.events
  ), fewer AS (
    UPDATE cluster_session known SET events = known.events - met.events FROM met
    WHERE known.cluster_id = met.cluster_id AND known.session_id = met.session_id AND met.known_events > met.events
  ), gone AS (
    DELETE FROM cluster_session known USING met
    WHERE known.cluster_id = met.cluster_id AND known.session_id = met.session_id AND met.known_events <= met.events
  ), counted AS MATERIALIZED (
    SELECT cluster_id, date_trunc('hour', happened_at, 'UTC') AS hour, place.dimension, place.value, count(*) AS events
    FROM event CROSS JOIN LATERAL ${DIMENSIONS} WHERE place.value IS NOT NULL GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT cluster_id, date_trunc('hour', first_at, 'UTC'), 'newSession', '', count(*) FROM met
    WHERE known_events <= events GROUP BY 1, 2
  ), hours AS (
    UPDATE cluster_hour known SET events = known.events - counted.events FROM counted
    WHERE known.cluster_id = counted.cluster_id AND known.dimension = counted.dimension
      AND known.value = counted.value AND known.hour = counted.hour
  ), places AS (
    UPDATE cluster_dimension known SET events = known.events - counted.events FROM (
      SELECT cluster_id, dimension, value, sum(events) AS events FROM counted GROUP BY 1, 2, 3) counted
    WHERE known.cluster_id = counted.cluster_id AND known.dimension = counted.dimension
      AND known.value = counted.value
  )
  UPDATE failure_cluster cluster SET event_count = greatest(0, cluster.event_count - total.events),
    session_count = greatest(0, cluster.session_count - total.sessions)
  FROM (
    SELECT cluster_id, count(*) AS events,
      (SELECT count(*) FROM met WHERE met.cluster_id = event.cluster_id AND met.known_events <= met.events) AS sessions
    FROM event GROUP BY cluster_id
  ) total WHERE cluster.cluster_id = total.cluster_id;
  DELETE FROM cluster_hour known USING (SELECT DISTINCT assignment.cluster_id FROM ${EVENTS}
    JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL) touched
    WHERE known.cluster_id = touched.cluster_id AND known.events <= 0;
  DELETE FROM cluster_dimension known USING (SELECT DISTINCT assignment.cluster_id FROM ${EVENTS}
    JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL) touched
    WHERE known.cluster_id = touched.cluster_id AND known.events <= 0;
END $$;

-- All failures of some templates, as the two functions above take them.
CREATE FUNCTION failures_of(templates uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('template_id', template_id, 'session_id', session_id,
    'provider', provider, 'model', model, 'prefix_id', prefix_id, 'policy_id', policy_id, 'turn_shape', turn_shape,
    'tool', tool, 'repo', repo, 'severity', severity, 'happened_at', happened_at)), '[]')
  FROM failure_event WHERE template_id = ANY(templates)
$$;
`;

export const CLUSTER_WORK_GRANTS = `
GRANT SELECT ON template_embedding, cluster_lineage, cluster_pin, cluster_comment, cluster_claim,
  cluster_change, cluster_name, replay_set_call, cluster_hour, cluster_dimension, cluster_session, traffic_hour
  TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
GRANT INSERT, UPDATE, DELETE ON template_embedding, cluster_lineage, cluster_pin, cluster_comment,
  cluster_claim, cluster_change, cluster_name, replay_set_call, cluster_hour, cluster_dimension, cluster_session,
  traffic_hour TO trimtab_optimizer;
GRANT ALL ON template_embedding, cluster_lineage, cluster_pin, cluster_comment, cluster_claim,
  cluster_change, cluster_name, replay_set_call, cluster_hour, cluster_dimension, cluster_session, traffic_hour
  TO trimtab_admin;
GRANT USAGE ON SEQUENCE cluster_lineage_sequence_seq, cluster_pin_sequence_seq TO trimtab_optimizer;
GRANT ALL ON SEQUENCE cluster_lineage_sequence_seq, cluster_pin_sequence_seq TO trimtab_admin;
`;
