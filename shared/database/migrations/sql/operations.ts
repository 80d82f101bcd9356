/** Runs, audit, health and conservation: what keeps the loop accountable. */
export const OPERATION_TABLES = `
CREATE TABLE optimizer_run (
  run_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  job text NOT NULL,
  logical_time timestamptz NOT NULL,
  trigger text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'running', 'done', 'failed')),
  lease_owner text,
  lease_until timestamptz,
  fence bigint NOT NULL DEFAULT 0,
  checkpoint jsonb NOT NULL DEFAULT '{}',
  summary jsonb NOT NULL DEFAULT '{}',
  attempt integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  UNIQUE (project_id, job, logical_time)
);

CREATE TABLE prompt_run (
  prompt_run_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  run_id uuid REFERENCES optimizer_run,
  cluster_id uuid REFERENCES failure_cluster,
  optimizer text NOT NULL,
  status text NOT NULL,
  seed_prefix_id text,
  candidate_prefix_id text,
  state jsonb NOT NULL,
  result jsonb NOT NULL DEFAULT '{}',
  cost_usd double precision NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

CREATE TABLE replay (
  replay_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  prompt_run_id uuid REFERENCES prompt_run,
  call_id uuid NOT NULL,
  model text NOT NULL,
  prefix_id text,
  scorer_set text NOT NULL,
  sample integer NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'error')),
  result jsonb,
  cost_usd double precision NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

CREATE TABLE audit_event (
  sequence bigserial PRIMARY KEY,
  project_id text NOT NULL,
  action text NOT NULL,
  actor text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  details jsonb NOT NULL,
  happened_at timestamptz NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL UNIQUE
);

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE TABLE gateway_status (
  project_id text NOT NULL,
  gateway_id text NOT NULL,
  epoch bigint,
  policy_id text,
  applied_at timestamptz,
  last_error text,
  spool_bytes bigint NOT NULL DEFAULT 0,
  spool_pending bigint NOT NULL DEFAULT 0,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, gateway_id)
);

CREATE TABLE dead_letter (
  dead_letter_id uuid PRIMARY KEY,
  project_id text NOT NULL,
  queue text NOT NULL,
  job_id text NOT NULL,
  call_id uuid,
  reason text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A dropped letter is hidden from people and still counted, or the conservation equation would lose it.
  dropped_at timestamptz,
  UNIQUE (project_id, queue, job_id)
);

CREATE TABLE conservation_counter (
  project_id text NOT NULL,
  gateway_id text NOT NULL,
  name text NOT NULL CHECK (name IN ('answered', 'stored', 'dropped', 'lost_before_durable', 'dead_lettered')),
  value bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, gateway_id, name)
);
`;
