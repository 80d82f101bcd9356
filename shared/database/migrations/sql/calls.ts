/**
 * Projects, identity, calls and their content. `call` is partitioned on call_id (a UUIDv7, so on start time); content
 * is partitioned by ISO week, so that retention drops whole weeks. Each week is complete in itself: a block used in
 * two weeks is stored in both.
 */
export const CALL_TABLES = `
CREATE TABLE project (
  project_id text PRIMARY KEY,
  block_key bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE virtual_key (
  key_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  developer text,
  repo text,
  team text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE session (
  project_id text NOT NULL REFERENCES project,
  session_id text NOT NULL,
  source text NOT NULL,
  first_call_id uuid NOT NULL,
  last_call_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  last_call_at timestamptz NOT NULL,
  key_id uuid,
  developer text,
  repo text,
  turn_shape text NOT NULL,
  model text,
  provider text,
  policy_id text,
  epoch bigint,
  rollout_id uuid,
  variant text,
  call_count integer NOT NULL DEFAULT 0,
  cost_usd double precision NOT NULL DEFAULT 0,
  quality double precision,
  quality_at timestamptz,
  hard_failure boolean NOT NULL DEFAULT false,
  closed_at timestamptz,
  PRIMARY KEY (project_id, session_id)
);
CREATE INDEX session_open_idx ON session (last_call_at) WHERE closed_at IS NULL;
CREATE INDEX session_closed_idx ON session (project_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX session_rollout_idx ON session (rollout_id, variant, started_at) WHERE rollout_id IS NOT NULL;
CREATE INDEX session_shape_idx ON session (project_id, turn_shape, model, started_at);

CREATE TABLE call (
  call_id uuid NOT NULL,
  project_id text NOT NULL,
  key_id uuid,
  developer text,
  repo text,
  session_id text NOT NULL,
  session_source text NOT NULL,
  agent_id text,
  parent_agent_id text,
  parent_call_id uuid,
  source text NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  time_to_first_chunk_ms double precision,
  client_format text NOT NULL,
  upstream_format text,
  codec_version text NOT NULL,
  provider text,
  request_model text NOT NULL,
  response_model text,
  turn_shape text NOT NULL,
  turn_shape_version integer NOT NULL,
  policy_id text,
  epoch bigint,
  rule_id text,
  rollout_id uuid,
  variant text,
  propensity double precision,
  candidates jsonb NOT NULL,
  prefix_id text,
  path text NOT NULL,
  attempts jsonb NOT NULL,
  input_tokens_estimate integer NOT NULL,
  cost_estimate_usd double precision,
  status text NOT NULL,
  stop_reason text,
  upstream_stop_reason text,
  error_type text,
  input_tokens integer,
  cache_read_input_tokens integer,
  cache_creation_input_tokens integer,
  output_tokens integer,
  reasoning_output_tokens integer,
  cost_usd double precision,
  price_version text,
  losses jsonb NOT NULL,
  completeness jsonb NOT NULL,
  capture text NOT NULL,
  parameters_block bytea,
  transcript_head bytea,
  transcript_layout jsonb,
  response_node bytea,
  upstream_raw_block bytea,
  catalogue_hash bytea,
  -- What the tool calls of the delivered answer are known by, to find the call that a request continues.
  tool_use_key bytea,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (call_id, project_id)
) PARTITION BY RANGE (call_id);
CREATE INDEX call_session_idx ON call (project_id, session_id, call_id);
CREATE INDEX call_response_node_idx ON call (project_id, response_node, call_id) WHERE response_node IS NOT NULL;

CREATE TABLE block (
  project_id text NOT NULL,
  week date NOT NULL,
  block_key bytea NOT NULL,
  kind text NOT NULL,
  content bytea NOT NULL,
  content_bytes integer NOT NULL,
  PRIMARY KEY (project_id, week, block_key)
) PARTITION BY RANGE (week);

CREATE TABLE transcript_node (
  project_id text NOT NULL,
  week date NOT NULL,
  node_hash bytea NOT NULL,
  parent_hash bytea,
  block_key bytea NOT NULL,
  role text NOT NULL,
  starts_message boolean NOT NULL,
  depth integer NOT NULL,
  PRIMARY KEY (project_id, week, node_hash)
) PARTITION BY RANGE (week);

-- The lowest UUIDv7 of a moment, the bound of a partition.
CREATE FUNCTION lowest_call_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the partitions of one ISO week. SECURITY DEFINER: the gateway may store calls but owns no tables.
CREATE FUNCTION ensure_week_partitions(any_day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  monday date := date_trunc('week', any_day)::date;
  suffix text := to_char(monday, 'IYYY"w"IW');
  lower_id uuid := lowest_call_id(monday::timestamp AT TIME ZONE 'UTC');
  upper_id uuid := lowest_call_id((monday + 7)::timestamp AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass('public.transcript_node_' || suffix) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('trimtab.ensure_week_partitions'));
  EXECUTE format('CREATE TABLE IF NOT EXISTS call_%s PARTITION OF call FOR VALUES FROM (%L) TO (%L)', suffix, lower_id, upper_id);
  EXECUTE format('CREATE TABLE IF NOT EXISTS score_%s PARTITION OF score FOR VALUES FROM (%L) TO (%L)', suffix, lower_id, upper_id);
  EXECUTE format('CREATE TABLE IF NOT EXISTS block_%s PARTITION OF block FOR VALUES FROM (%L) TO (%L)', suffix, monday, monday + 7);
  EXECUTE format('CREATE TABLE IF NOT EXISTS transcript_node_%s PARTITION OF transcript_node FOR VALUES FROM (%L) TO (%L)', suffix, monday, monday + 7);
END $$;
`;
