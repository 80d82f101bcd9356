/**
 * Failures: event -> template -> cluster. The identity of a cluster lives apart from its members, so that it
 * survives re-clustering and a split is exact.
 */
export const CLUSTER_TABLES = `
CREATE TABLE failure_cluster (
  cluster_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  slug text NOT NULL,
  title text NOT NULL,
  status text NOT NULL,
  stage text NOT NULL,
  check_id text NOT NULL,
  prefix_fixable boolean NOT NULL DEFAULT false,
  resolved_by_policy text,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  event_count bigint NOT NULL DEFAULT 0,
  session_count bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project_id, slug)
);

CREATE TABLE failure_template (
  template_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  signature text NOT NULL,
  signature_algorithm integer NOT NULL,
  stage text NOT NULL,
  check_id text NOT NULL,
  turn_shape text NOT NULL,
  expected_vs_actual text NOT NULL,
  template text NOT NULL,
  event_count bigint NOT NULL DEFAULT 0,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  UNIQUE (project_id, signature)
);

CREATE TABLE failure_event (
  project_id text NOT NULL,
  call_id uuid NOT NULL,
  scorer text NOT NULL,
  pass text NOT NULL,
  template_id uuid NOT NULL REFERENCES failure_template,
  session_id text NOT NULL,
  provider text,
  model text,
  prefix_id text,
  policy_id text,
  turn_shape text NOT NULL,
  repo text,
  owner text,
  severity text,
  happened_at timestamptz NOT NULL,
  PRIMARY KEY (call_id, project_id, scorer, pass)
);
CREATE INDEX failure_event_template_idx ON failure_event (template_id, happened_at);

CREATE TABLE cluster_assignment (
  project_id text NOT NULL,
  template_id uuid NOT NULL REFERENCES failure_template,
  cluster_id uuid NOT NULL REFERENCES failure_cluster,
  source text NOT NULL CHECK (source IN ('signature', 'embedding', 'recluster', 'human')),
  score double precision,
  valid_from timestamptz NOT NULL DEFAULT now(),
  valid_to timestamptz
);
CREATE UNIQUE INDEX cluster_assignment_live_idx ON cluster_assignment (template_id) WHERE valid_to IS NULL;
CREATE INDEX cluster_assignment_cluster_idx ON cluster_assignment (cluster_id) WHERE valid_to IS NULL;
`;
