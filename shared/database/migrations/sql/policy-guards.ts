/**
 * Guards of what a policy is. Refusals carry states of their own (TT…), which the stores turn into the catalogue's
 * errors. The JSON here is canonical for policies: their numbers are integers and their field names plain ASCII.
 */
export const POLICY_GUARDS = `
CREATE FUNCTION canonical_json(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN RETURN '{' || coalesce((SELECT string_agg(to_json(each.key)::text || ':' || canonical_json(each.value), ','
      ORDER BY each.key COLLATE "C") FROM jsonb_each(value) AS each), '') || '}';
    WHEN 'array' THEN RETURN '[' || coalesce((SELECT string_agg(canonical_json(item.value), ',' ORDER BY item.ordinality)
      FROM jsonb_array_elements(value) WITH ORDINALITY AS item), '') || ']';
    ELSE RETURN value::text;
  END CASE;
END $$;

CREATE FUNCTION newest_governance(project text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT body FROM governance WHERE project_id = project ORDER BY version DESC LIMIT 1
$$;

/** A turn shape that a route names whole says whether tools are on offer; any other route may meet them. */
CREATE FUNCTION policy_models_with_tools(body jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT target ->> 'model' FROM jsonb_array_elements(body -> 'routes') route, jsonb_array_elements(route -> 'targets') target
    WHERE route #>> '{match,turnShape}' ~ '^[^*]+-(single|multi|parallel|nested)-[^*]+$' AND (target ->> 'weight')::integer > 0
$$;

CREATE OR REPLACE FUNCTION assert_policy_on_allow_list(project text, policy_body jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  missing text;
  residency jsonb := newest_governance(project) -> 'residency';
BEGIN
  SELECT string_agg(listed.m, ', ') INTO missing FROM policy_models(policy_body) AS listed(m)
    WHERE NOT EXISTS (SELECT 1 FROM allowed_model a WHERE a.project_id = project AND a.model = listed.m);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'policy names models that are not on the allow-list: %', missing USING ERRCODE = 'check_violation';
  END IF;
  IF jsonb_array_length(coalesce(residency, '[]')) > 0 THEN
    SELECT string_agg(DISTINCT listed.m, ', ') INTO missing FROM policy_models(policy_body) AS listed(m)
      JOIN allowed_model a ON a.project_id = project AND a.model = listed.m
      WHERE a.region IS NULL OR NOT residency ? a.region;
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION 'policy names models outside of the residency: %', missing USING ERRCODE = 'TT006';
    END IF;
  END IF;
  SELECT string_agg(DISTINCT listed.m, ', ') INTO missing FROM policy_models_with_tools(policy_body) AS listed(m)
    JOIN allowed_model a ON a.project_id = project AND a.model = listed.m
    WHERE a.features IS NOT NULL AND NOT 'tools' = ANY(a.features);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'policy sends turns with tools to models without them: %', missing USING ERRCODE = 'TT007';
  END IF;
END $$;

/** People needed before a policy may serve; nobody for the first policy of a project. */
CREATE FUNCTION approvals_needed(project text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM policy_pointer WHERE project_id = project)
    THEN coalesce((newest_governance(project) ->> 'approvals')::integer, 1) ELSE 0 END
$$;

CREATE FUNCTION assert_may_approve(approved policy) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  body jsonb := newest_governance(approved.project_id);
  needed integer := approvals_needed(approved.project_id);
  given integer;
BEGIN
  IF current_user = 'trimtab_optimizer' THEN
    IF approved.risk_class = 'human' THEN
      RAISE EXCEPTION 'policy v% changes what only people may change', approved.number USING ERRCODE = 'TT005';
    END IF;
    IF (CASE WHEN approved.risk = 'prefix' THEN body ->> 'prefixes' ELSE body ->> 'weights' END) IS DISTINCT FROM 'automatic' THEN
      RAISE EXCEPTION 'governance leaves policy v% to people', approved.number USING ERRCODE = 'TT005';
    END IF;
  ELSIF needed > 1 THEN
    SELECT count(*) INTO given FROM policy_approval a WHERE a.project_id = approved.project_id AND a.policy_id = approved.policy_id;
    IF given < needed THEN
      RAISE EXCEPTION 'policy v% has % of the % approvals that governance asks for', approved.number, given, needed USING ERRCODE = 'TT001';
    END IF;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION policy_before_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong text;
  parent_default text;
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'policies are append-only' USING ERRCODE = 'check_violation'; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (to_jsonb(NEW) - 'state') <> (to_jsonb(OLD) - 'state') THEN
      RAISE EXCEPTION 'policy % is immutable', OLD.policy_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state <> 'approved' THEN PERFORM assert_may_approve(NEW); END IF;
    RETURN NEW;
  END IF;
  IF NEW.policy_id <> encode(sha256(convert_to(canonical_json(NEW.body), 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the id of a policy is the hash of its body' USING ERRCODE = 'check_violation';
  END IF;
  SELECT route ->> 'id' INTO wrong FROM jsonb_array_elements(NEW.body -> 'routes') route
    WHERE (SELECT sum((target ->> 'weight')::integer) FROM jsonb_array_elements(route -> 'targets') target) IS DISTINCT FROM 10000
      OR EXISTS (SELECT 1 FROM jsonb_array_elements(route -> 'targets') target WHERE (target ->> 'weight')::integer < 0)
    LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'weights of route % do not sum to 10000', wrong USING ERRCODE = 'check_violation';
  END IF;
  IF coalesce(NEW.body ->> 'safeDefault', '') = '' THEN
    RAISE EXCEPTION 'a policy needs a safe default' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state <> 'proposed' THEN
    RAISE EXCEPTION 'a policy begins as a proposal' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM assert_policy_on_allow_list(NEW.project_id, NEW.body);
  IF current_user = 'trimtab_optimizer' THEN
    SELECT p.body ->> 'safeDefault' INTO parent_default FROM policy p
      WHERE p.project_id = NEW.project_id AND p.policy_id = coalesce(NEW.parent_id,
        (SELECT stable FROM policy_pointer WHERE project_id = NEW.project_id));
    IF parent_default <> NEW.body ->> 'safeDefault'
      AND EXISTS (SELECT 1 FROM allowed_model a WHERE a.project_id = NEW.project_id AND a.model = parent_default) THEN
      RAISE EXCEPTION 'the safe default is not the optimizer''s to change' USING ERRCODE = 'TT005';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER policy_truncate_guard BEFORE TRUNCATE ON policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER audit_truncate_guard BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();

CREATE FUNCTION approval_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'approvals are append-only' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER approval_guard BEFORE UPDATE OR DELETE ON policy_approval FOR EACH ROW EXECUTE FUNCTION approval_append_only();
`;
