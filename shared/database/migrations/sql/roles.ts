/**
 * One role per service, named for it. The roles cannot log in: a service connects with its login and sets its role,
 * so that one DATABASE_URL serves all and the grants still bind. The optimizer has no grant to write governance, the
 * allow-list, prices or keys: those are human-only. Roles belong to the server and not to the database, so another
 * database may have made them first.
 */
export const ROLES_AND_GRANTS = `
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['trimtab_gateway', 'trimtab_evaluator', 'trimtab_optimizer', 'trimtab_admin'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    IF NOT pg_has_role(current_user, role_name, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO %I', role_name, current_user);
    END IF;
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer, trimtab_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
GRANT ALL ON ALL TABLES IN SCHEMA public TO trimtab_admin;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer, trimtab_admin;
GRANT INSERT ON audit_event TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;

GRANT INSERT, UPDATE ON session, call, block, transcript_node, gateway_status, dead_letter, conservation_counter TO trimtab_gateway;
GRANT INSERT, UPDATE ON session, call, block, transcript_node, scoring_run, score, judge_spend, judge_skip,
  evaluation_cache, failure_template, failure_event, failure_cluster, cluster_assignment, replay, dead_letter,
  conservation_counter TO trimtab_evaluator;
GRANT INSERT, UPDATE ON failure_template, failure_event, failure_cluster, cluster_assignment, prefix, policy,
  policy_pointer, optimizer_control, rollout, rollout_pair, alarm, optimizer_run, prompt_run, replay, evaluation_cache,
  judge_spend TO trimtab_optimizer;
GRANT DELETE ON replay, evaluation_cache TO trimtab_optimizer;
`;
