/**
 * Governance (human-only), policies (append-only, content-addressed), the pointer and what moves it.
 * The triggers hold what no code path may break: a policy never names a model off the allow-list, is never changed
 * once written, and the epoch of a pointer only rises.
 */
export const POLICY_TABLES = `
CREATE TABLE governance (
  project_id text NOT NULL REFERENCES project,
  version integer NOT NULL,
  body jsonb NOT NULL,
  body_hash text NOT NULL,
  author text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, version)
);

CREATE TABLE allowed_model (
  project_id text NOT NULL REFERENCES project,
  model text NOT NULL,
  provider text NOT NULL,
  aliases text[] NOT NULL DEFAULT '{}',
  governance_version integer NOT NULL,
  PRIMARY KEY (project_id, model)
);

CREATE TABLE price (
  project_id text NOT NULL,
  model text NOT NULL,
  price_version text NOT NULL,
  input_per_million double precision NOT NULL,
  output_per_million double precision NOT NULL,
  cache_read_per_million double precision NOT NULL,
  cache_write_per_million double precision NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, model, price_version)
);

CREATE TABLE prefix (
  project_id text NOT NULL REFERENCES project,
  prefix_id text NOT NULL,
  body text NOT NULL,
  parent_id text,
  cluster_id uuid,
  author text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, prefix_id)
);

CREATE TABLE policy (
  project_id text NOT NULL REFERENCES project,
  policy_id text NOT NULL,
  number integer NOT NULL,
  body jsonb NOT NULL,
  schema_version integer NOT NULL,
  parent_id text,
  author text NOT NULL,
  reason text NOT NULL,
  evidence jsonb NOT NULL,
  risk text NOT NULL,
  state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'rejected')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, policy_id),
  UNIQUE (project_id, number)
);

CREATE TABLE policy_pointer (
  project_id text PRIMARY KEY REFERENCES project,
  stable text NOT NULL,
  canary text,
  epoch bigint NOT NULL,
  rollout_id uuid,
  rollout_opened_at timestamptz,
  salt text NOT NULL,
  canary_share double precision NOT NULL DEFAULT 0,
  exploration_share double precision NOT NULL DEFAULT 0,
  revoked text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (project_id, stable) REFERENCES policy (project_id, policy_id),
  FOREIGN KEY (project_id, canary) REFERENCES policy (project_id, policy_id),
  CHECK ((canary IS NULL) = (rollout_id IS NULL)),
  CHECK (canary_share >= 0 AND exploration_share >= 0 AND canary_share <= 0.5)
);

CREATE TABLE optimizer_control (
  project_id text PRIMARY KEY REFERENCES project,
  paused boolean NOT NULL DEFAULT false,
  pinned_policy text,
  actor text NOT NULL,
  reason text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rollout (
  rollout_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  number integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('canary', 'reverse')),
  candidate text NOT NULL,
  baseline text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'promoted', 'rolled_back', 'inconclusive', 'aborted')),
  salt text NOT NULL,
  canary_share double precision NOT NULL,
  settings jsonb NOT NULL,
  state jsonb NOT NULL,
  evidence jsonb NOT NULL DEFAULT '{}',
  opened_epoch bigint NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  UNIQUE (project_id, number)
);
CREATE UNIQUE INDEX rollout_one_running_idx ON rollout (project_id) WHERE status = 'running';

CREATE TABLE rollout_pair (
  rollout_id uuid NOT NULL REFERENCES rollout,
  project_id text NOT NULL,
  stratum text NOT NULL,
  position integer NOT NULL,
  canary_session text NOT NULL,
  control_session text NOT NULL,
  canary_quality double precision,
  control_quality double precision,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (rollout_id, stratum, position)
);

CREATE TABLE alarm (
  alarm_id uuid PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  turn_shape text NOT NULL,
  model text NOT NULL,
  policy_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('watching', 'raised', 'confirmed', 'cleared')),
  state jsonb NOT NULL,
  evidence jsonb NOT NULL DEFAULT '{}',
  last_session_at timestamptz,
  armed_at timestamptz NOT NULL DEFAULT now(),
  raised_at timestamptz,
  UNIQUE (project_id, turn_shape, model, policy_id)
);

CREATE FUNCTION policy_models(body jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT target ->> 'model' FROM jsonb_array_elements(body -> 'routes') route, jsonb_array_elements(route -> 'targets') target
  UNION SELECT fallback #>> '{}' FROM jsonb_array_elements(body -> 'routes') route, jsonb_array_elements(route -> 'fallbacks') fallback
  UNION SELECT explored ->> 'model' FROM jsonb_array_elements(body -> 'routes') route, jsonb_array_elements(route -> 'exploration') explored
  UNION SELECT body ->> 'safeDefault'
$$;

CREATE FUNCTION assert_policy_on_allow_list(project text, policy_body jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN
  SELECT string_agg(listed.m, ', ') INTO missing FROM policy_models(policy_body) AS listed(m)
    WHERE NOT EXISTS (SELECT 1 FROM allowed_model a WHERE a.project_id = project AND a.model = listed.m);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'policy names models that are not on the allow-list: %', missing USING ERRCODE = 'check_violation';
  END IF;
END $$;

CREATE FUNCTION policy_before_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'policies are append-only' USING ERRCODE = 'check_violation'; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (to_jsonb(NEW) - 'state') <> (to_jsonb(OLD) - 'state') THEN
      RAISE EXCEPTION 'policy % is immutable', OLD.policy_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  PERFORM assert_policy_on_allow_list(NEW.project_id, NEW.body);
  RETURN NEW;
END $$;
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE OR DELETE ON policy FOR EACH ROW EXECUTE FUNCTION policy_before_write();

CREATE FUNCTION pointer_before_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.epoch <= OLD.epoch THEN
    RAISE EXCEPTION 'epoch must rise: % -> %', OLD.epoch, NEW.epoch USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' OR NEW.stable IS DISTINCT FROM OLD.stable THEN
    PERFORM assert_policy_on_allow_list(NEW.project_id, (SELECT body FROM policy WHERE project_id = NEW.project_id AND policy_id = NEW.stable));
  END IF;
  IF NEW.canary IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.canary IS DISTINCT FROM OLD.canary) THEN
    PERFORM assert_policy_on_allow_list(NEW.project_id, (SELECT body FROM policy WHERE project_id = NEW.project_id AND policy_id = NEW.canary));
  END IF;
  PERFORM pg_notify('trimtab_policy', json_build_object('projectId', NEW.project_id, 'epoch', NEW.epoch)::text);
  RETURN NEW;
END $$;
CREATE TRIGGER pointer_guard BEFORE INSERT OR UPDATE ON policy_pointer FOR EACH ROW EXECUTE FUNCTION pointer_before_write();
`;
