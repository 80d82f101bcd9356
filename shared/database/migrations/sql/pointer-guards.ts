/** Guards of what the pointer may become, and of the audit log that tells how. */
export const POINTER_GUARDS = `
CREATE FUNCTION assert_exposure(pointer policy_pointer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  body jsonb := newest_governance(pointer.project_id);
  most double precision := coalesce((body ->> 'exposureMax')::double precision, 1);
  bootstrap double precision := coalesce((body ->> 'bootstrapShare')::double precision, 0);
BEGIN
  -- 0.05 + 0.1 is a little more than 0.15 in floating point.
  IF pointer.canary IS NOT NULL AND pointer.canary_share + pointer.exploration_share > most + 1e-9
    OR pointer.canary IS NULL AND pointer.exploration_share > greatest(most, bootstrap) + 1e-9 THEN
    RAISE EXCEPTION 'a canary of % beside exploration of % is outside of exposureMax %',
      pointer.canary_share, pointer.exploration_share, most USING ERRCODE = 'TT002';
  END IF;
END $$;

/** Whether an alarm stands on the policy that is being left: what answers one must not wait for a quota. */
CREATE FUNCTION alarm_stands(project text, policy text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM alarm WHERE project_id = project AND policy_id = policy AND status IN ('raised', 'confirmed'))
$$;

/** Changes that the optimizer began by itself in the last day: canaries, and policies that it activated. */
CREATE FUNCTION automatic_changes_today(project text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM audit_event e WHERE e.project_id = project AND e.happened_at > now() - interval '1 day'
    AND e.action IN ('rollout.opened', 'policy.activated') AND e.actor LIKE 'optimizer:%'
    AND NOT e.details -> 'evidence' ? 'alarmId'
$$;

CREATE FUNCTION assert_automatic_change(older policy_pointer, newer policy_pointer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  began text;
  most bigint := coalesce((newest_governance(newer.project_id) ->> 'changesPerDay')::bigint, 24);
  until timestamptz;
BEGIN
  IF newer.canary IS NOT NULL AND newer.canary IS DISTINCT FROM older.canary
    AND (SELECT kind FROM rollout WHERE rollout_id = newer.rollout_id) = 'canary' THEN
    began := newer.canary;
  ELSIF newer.stable <> older.stable AND newer.stable IS DISTINCT FROM older.canary AND NOT older.stable = ANY(newer.revoked) THEN
    began := newer.stable;
  END IF;
  IF began IS NULL OR alarm_stands(older.project_id, older.stable) THEN RETURN; END IF;
  SELECT c.until INTO until FROM policy_cool_off c JOIN policy p ON p.project_id = c.project_id AND p.change_id = c.change_id
    WHERE p.project_id = newer.project_id AND p.policy_id = began AND c.until > now();
  IF until IS NOT NULL THEN
    RAISE EXCEPTION 'this change was rolled back and may be tried again after %', until USING ERRCODE = 'TT004';
  END IF;
  IF automatic_changes_today(newer.project_id) >= most THEN
    RAISE EXCEPTION 'the optimizer has made the % changes of the day that governance allows', most USING ERRCODE = 'TT003';
  END IF;
END $$;

/** Twice as long with every rollback of the same change, thirty days at most. */
CREATE FUNCTION begin_cool_off(project text, policy text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  base interval := make_interval(secs => coalesce((newest_governance(project) ->> 'coolOffMs')::double precision, 86400000) / 1000);
BEGIN
  INSERT INTO policy_cool_off AS cool (project_id, change_id, rollbacks, until)
    SELECT project, p.change_id, 1, now() + base FROM policy p
      WHERE p.project_id = project AND p.policy_id = policy AND p.change_id <> ''
  ON CONFLICT (project_id, change_id) DO UPDATE SET rollbacks = cool.rollbacks + 1,
    until = now() + least(base * power(2, least(cool.rollbacks, 20)), greatest(base, interval '30 days'));
END $$;

CREATE FUNCTION cool_off_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.rollbacks < OLD.rollbacks AND current_user = 'trimtab_optimizer' THEN
    RAISE EXCEPTION 'a cool-off is not the optimizer''s to shorten' USING ERRCODE = 'TT005';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cool_off_guard BEFORE UPDATE ON policy_cool_off FOR EACH ROW EXECUTE FUNCTION cool_off_only_grows();

CREATE OR REPLACE FUNCTION pointer_before_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  served record;
  rolled_back text;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.epoch <= OLD.epoch THEN
    RAISE EXCEPTION 'epoch must rise: % -> %', OLD.epoch, NEW.epoch USING ERRCODE = 'check_violation';
  END IF;
  FOR served IN SELECT p.policy_id, p.number, p.body, p.state FROM policy p
    WHERE p.project_id = NEW.project_id AND (
      p.policy_id = NEW.stable AND (TG_OP = 'INSERT' OR NEW.stable <> OLD.stable)
      OR p.policy_id = NEW.canary AND (TG_OP = 'INSERT' OR NEW.canary IS DISTINCT FROM OLD.canary))
  LOOP
    PERFORM assert_policy_on_allow_list(NEW.project_id, served.body);
    IF served.state <> 'approved' THEN
      RAISE EXCEPTION 'policy v% is not approved', served.number USING ERRCODE = 'TT001';
    END IF;
  END LOOP;
  IF NEW.stable = ANY(NEW.revoked) OR NEW.canary = ANY(NEW.revoked) THEN
    RAISE EXCEPTION 'a policy that was taken out of service cannot be served' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' OR NEW.canary_share <> OLD.canary_share OR NEW.exploration_share <> OLD.exploration_share THEN
    PERFORM assert_exposure(NEW);
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF current_user = 'trimtab_optimizer' THEN PERFORM assert_automatic_change(OLD, NEW); END IF;
    FOREACH rolled_back IN ARRAY NEW.revoked LOOP
      IF NOT rolled_back = ANY(OLD.revoked) THEN PERFORM begin_cool_off(NEW.project_id, rolled_back); END IF;
    END LOOP;
  END IF;
  PERFORM pg_notify('trimtab_policy', json_build_object('projectId', NEW.project_id, 'epoch', NEW.epoch)::text);
  RETURN NEW;
END $$;

CREATE UNIQUE INDEX audit_one_per_epoch_idx ON audit_event (project_id, ((details #>> '{after,epoch}')::bigint))
  WHERE details #>> '{after,epoch}' IS NOT NULL;
CREATE UNIQUE INDEX audit_chain_idx ON audit_event (project_id, previous_hash);
CREATE INDEX audit_newest_idx ON audit_event (project_id, sequence);

/** Checked when the transaction ends, because the event is written after the move that it tells of. */
CREATE FUNCTION pointer_is_audited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE event record;
BEGIN
  SELECT actor, reason INTO event FROM audit_event
    WHERE project_id = NEW.project_id AND (details #>> '{after,epoch}')::bigint = NEW.epoch AND details #>> '{after,epoch}' IS NOT NULL;
  IF event IS NULL OR event.actor = '' OR event.reason = '' THEN
    RAISE EXCEPTION 'epoch % of the policy pointer has no audit event with actor and reason', NEW.epoch USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pointer_audit_guard AFTER INSERT OR UPDATE ON policy_pointer
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pointer_is_audited();

CREATE FUNCTION pointer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a pointer is moved and never removed' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER pointer_delete_guard BEFORE DELETE ON policy_pointer FOR EACH ROW EXECUTE FUNCTION pointer_stays();

CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head text;
BEGIN
  SELECT hash INTO head FROM audit_event WHERE project_id = NEW.project_id ORDER BY sequence DESC LIMIT 1;
  IF NEW.previous_hash <> coalesce(head, repeat('0', 64)) THEN
    RAISE EXCEPTION 'an audit event follows the newest one' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_chain_guard BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_follows();
`;
