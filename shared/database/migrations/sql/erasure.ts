/**
 * Erasure and retention. Writers of calls and scores hold a shared lock for their transaction, and whatever removes
 * content holds it alone: what is removed cannot be written again by a transaction that began before.
 */
export const ERASURE_TABLES = `
-- What was asked to be erased: calls that began before a moment are not stored any more. Names are kept as an HMAC.
CREATE TABLE erasure (
  sequence bigserial PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  kind text NOT NULL CHECK (kind IN ('session', 'developer', 'key', 'before')),
  value_hash bytea,
  started_before timestamptz NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((kind = 'before') = (value_hash IS NULL))
);
CREATE INDEX erasure_project_idx ON erasure (project_id, sequence);

-- Calls that are erased: each is counted once, and no score of it is taken any more.
CREATE TABLE erased_call (
  call_id uuid NOT NULL,
  project_id text NOT NULL,
  source text NOT NULL,
  -- Of its answer, by which a call that goes on from it is known.
  response_node bytea,
  -- False while blocks and nodes that nothing else refers to may be left of it.
  is_swept boolean NOT NULL DEFAULT true,
  erased_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (call_id, project_id)
);
CREATE INDEX erased_call_unswept_idx ON erased_call (project_id) WHERE NOT is_swept;
CREATE INDEX erased_call_node_idx ON erased_call (project_id, response_node) WHERE response_node IS NOT NULL;

-- Weeks that retention has dropped.
CREATE TABLE expired_week (
  project_id text NOT NULL,
  week date NOT NULL,
  what text NOT NULL CHECK (what IN ('content', 'calls')),
  row_count bigint NOT NULL,
  expired_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, week, what)
);

ALTER TABLE evaluation_cache ADD COLUMN call_id uuid;
ALTER TABLE conservation_counter DROP CONSTRAINT conservation_counter_name_check;
ALTER TABLE conservation_counter ADD CONSTRAINT conservation_counter_name_check
  CHECK (name IN ('answered', 'stored', 'dropped', 'lost_before_durable', 'dead_lettered', 'expired'));

-- The Monday of the week that a call's partition is of.
CREATE FUNCTION week_of_call(call_id uuid) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT date_trunc('week', to_timestamp(
    ('x' || substr(replace(call_id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC')::date
$$;

-- Rises whenever blocks were removed or an erasure was asked for: what a process remembers of the store is then void.
CREATE SEQUENCE erasure_generation;
SELECT nextval('erasure_generation');

CREATE FUNCTION hold_erasures() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trimtab.erasure', 0));
  RETURN (SELECT last_value FROM public.erasure_generation);
END $$;

CREATE FUNCTION begin_erasing() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('trimtab.erasure', 0));
  RETURN nextval('public.erasure_generation');
END $$;

CREATE FUNCTION skip_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trimtab.erasure', 0));
  IF EXISTS (SELECT 1 FROM public.erased_call WHERE call_id = NEW.call_id AND project_id = NEW.project_id) THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER score_of_erased BEFORE INSERT ON score FOR EACH ROW EXECUTE FUNCTION skip_erased();
CREATE TRIGGER scoring_run_of_erased BEFORE INSERT ON scoring_run FOR EACH ROW EXECUTE FUNCTION skip_erased();
CREATE TRIGGER judge_skip_of_erased BEFORE INSERT ON judge_skip FOR EACH ROW EXECUTE FUNCTION skip_erased();
CREATE TRIGGER failure_event_of_erased BEFORE INSERT ON failure_event FOR EACH ROW EXECUTE FUNCTION skip_erased();
CREATE TRIGGER evaluation_of_erased BEFORE INSERT ON evaluation_cache FOR EACH ROW EXECUTE FUNCTION skip_erased();
`;

/** Dropping whole weeks takes an owner's rights; the function takes no week that is younger than two days. */
export const RETENTION = `
CREATE FUNCTION expire_content(project text, monday date) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  suffix text := to_char(monday, 'IYYY"w"IW');
  shared_with_others boolean;
  removed bigint;
BEGIN
  IF to_regclass('public.block_' || suffix) IS NULL THEN RETURN NULL; END IF;
  EXECUTE format('SELECT count(*) FROM %I WHERE project_id = $1', 'block_' || suffix) INTO removed USING project;
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE project_id <> $1)', 'block_' || suffix)
    INTO shared_with_others USING project;
  IF shared_with_others THEN
    EXECUTE format('DELETE FROM %I WHERE project_id = $1', 'transcript_node_' || suffix) USING project;
    EXECUTE format('DELETE FROM %I WHERE project_id = $1', 'block_' || suffix) USING project;
  ELSE
    EXECUTE format('DROP TABLE IF EXISTS %I', 'transcript_node_' || suffix);
    EXECUTE format('DROP TABLE %I', 'block_' || suffix);
  END IF;
  INSERT INTO expired_week AS known (project_id, week, what, row_count) VALUES (project, monday, 'content', removed)
    ON CONFLICT ON CONSTRAINT expired_week_pkey
    DO UPDATE SET row_count = known.row_count + excluded.row_count, expired_at = now();
  RETURN removed;
END $$;

CREATE FUNCTION expire_calls(project text, monday date) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  suffix text := to_char(monday, 'IYYY"w"IW');
  lower_id uuid := lowest_call_id(monday::timestamp AT TIME ZONE 'UTC');
  upper_id uuid := lowest_call_id((monday + 7)::timestamp AT TIME ZONE 'UTC');
  removed bigint;
  expired bigint;
BEGIN
  PERFORM expire_content(project, monday);
  IF to_regclass('public.call_' || suffix) IS NULL THEN RETURN NULL; END IF;
  SELECT count(*), count(*) FILTER (WHERE source = 'gateway') INTO removed, expired FROM call
    WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  -- Calls that only a dead letter, or the note of their erasure, stands for are counted on as expired ones.
  expired := expired
    + (SELECT count(*) FROM dead_letter letter WHERE letter.project_id = project AND letter.queue = 'spool'
        AND letter.call_id >= lower_id AND letter.call_id < upper_id
        AND NOT EXISTS (SELECT 1 FROM call WHERE call.call_id = letter.call_id AND call.project_id = project))
    + (SELECT count(*) FROM erased_call WHERE project_id = project AND source = 'gateway'
        AND call_id >= lower_id AND call_id < upper_id);
  DELETE FROM scoring_run WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM judge_skip WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM failure_event WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM evaluation_cache WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM replay WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM dead_letter WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM erased_call WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  DELETE FROM session WHERE project_id = project AND last_call_id >= lower_id AND last_call_id < upper_id;
  IF EXISTS (SELECT 1 FROM call WHERE project_id <> project AND call_id >= lower_id AND call_id < upper_id) THEN
    DELETE FROM score WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
    DELETE FROM call WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id;
  ELSE
    EXECUTE format('DROP TABLE IF EXISTS %I', 'score_' || suffix);
    EXECUTE format('DROP TABLE %I', 'call_' || suffix);
  END IF;
  INSERT INTO conservation_counter AS known (project_id, gateway_id, name, value)
    VALUES (project, 'retention', 'expired', expired)
    ON CONFLICT (project_id, gateway_id, name) DO UPDATE SET value = known.value + excluded.value;
  INSERT INTO expired_week AS known (project_id, week, what, row_count) VALUES (project, monday, 'calls', removed)
    ON CONFLICT ON CONSTRAINT expired_week_pkey
    DO UPDATE SET row_count = known.row_count + excluded.row_count, expired_at = now();
  RETURN removed;
END $$;

-- 'dropped', 'empty', or why the week stays: 'young', 'unscored'.
CREATE FUNCTION expire_week(project text, monday date, expired text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  lower_id uuid := lowest_call_id(monday::timestamp AT TIME ZONE 'UTC');
  upper_id uuid := lowest_call_id((monday + 7)::timestamp AT TIME ZONE 'UTC');
  removed bigint;
BEGIN
  IF (monday + 9)::timestamp AT TIME ZONE 'UTC' > now() THEN RETURN 'young'; END IF;
  -- A reader that takes long must not hold up those who wait behind this for the tables.
  PERFORM set_config('lock_timeout', '5s', true), begin_erasing();
  IF EXISTS (SELECT 1 FROM call WHERE project_id = project AND call_id >= lower_id AND call_id < upper_id
    AND source <> 'replay'
    AND NOT EXISTS (SELECT 1 FROM scoring_run run WHERE run.call_id = call.call_id
      AND run.project_id = call.project_id AND run.pass = 'call')
    AND NOT EXISTS (SELECT 1 FROM dead_letter letter WHERE letter.call_id = call.call_id
      AND letter.project_id = call.project_id)) THEN RETURN 'unscored'; END IF;
  removed := CASE WHEN expired = 'content' THEN expire_content(project, monday) ELSE expire_calls(project, monday) END;
  RETURN CASE WHEN removed IS NULL THEN 'empty' ELSE 'dropped' END;
END $$;
REVOKE ALL ON FUNCTION expire_content(text, date), expire_calls(text, date), expire_week(text, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire_week(text, date, text) TO trimtab_optimizer, trimtab_admin;
`;

export const ERASURE_GRANTS = `
GRANT SELECT ON erasure, erased_call, expired_week TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
GRANT ALL ON erasure, erased_call, expired_week TO trimtab_admin;
GRANT INSERT ON erased_call TO trimtab_gateway, trimtab_evaluator;
GRANT DELETE ON dead_letter TO trimtab_gateway, trimtab_evaluator;
GRANT SELECT ON SEQUENCE erasure_generation TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
GRANT ALL ON SEQUENCE erasure_generation, erasure_sequence_seq TO trimtab_admin;
`;
