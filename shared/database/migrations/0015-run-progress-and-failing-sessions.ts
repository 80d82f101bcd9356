import { type Kysely, sql } from 'kysely';

/**
 * Where a run of the optimizer stands, for who watches it; and calls that have just failed by a deterministic check, by
 * session, which gateways poll: reading them out of the scores would cost every poll a join with the calls. Warnings,
 * judges, and faults of client, gateway or tool do not count. Rows are of use for minutes and go with their session.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE optimizer_run ADD COLUMN progress jsonb NOT NULL DEFAULT '{}';

    CREATE TABLE session_failure (
      project_id text NOT NULL,
      session_id text NOT NULL,
      call_id uuid NOT NULL,
      failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (project_id, call_id),
      FOREIGN KEY (project_id, session_id) REFERENCES session ON DELETE CASCADE
    );
    CREATE INDEX session_failure_recent_idx ON session_failure (project_id, failed_at);
    CREATE INDEX session_failure_session_idx ON session_failure (project_id, session_id);
    GRANT SELECT ON session_failure TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT ON session_failure TO trimtab_evaluator;
    GRANT DELETE ON session_failure TO trimtab_optimizer;
    GRANT ALL ON session_failure TO trimtab_admin;

    CREATE FUNCTION note_session_failure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO session_failure (project_id, session_id, call_id)
        SELECT c.project_id, c.session_id, c.call_id FROM call c
          JOIN session s ON s.project_id = c.project_id AND s.session_id = c.session_id
          WHERE c.call_id = NEW.call_id AND c.project_id = NEW.project_id AND c.source <> 'replay'
        ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$;
    CREATE TRIGGER score_flags_session AFTER INSERT ON score FOR EACH ROW
      WHEN (NEW.outcome = 'fail' AND NEW.status = 'scored' AND NEW.subject_type = 'call' AND NEW.owner = 'provider'
        AND NEW.judge IS NULL AND NEW.severity IN ('fatal', 'error'))
      EXECUTE FUNCTION note_session_failure();
  `)
    .execute(database);
}
