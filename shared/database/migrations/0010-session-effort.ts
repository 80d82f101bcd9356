import { type Kysely, sql } from 'kysely';

/**
 * What a session and each of its sub-agents took: numbers that sessions of the same kind are compared by. Rows go with
 * their session. A sub-agent has scores of its own; they are no scores of its session, whose quality counts each call
 * once.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE score DROP CONSTRAINT score_subject_type_check;
    ALTER TABLE score ADD CONSTRAINT score_subject_type_check
      CHECK (subject_type IN ('call', 'session', 'agent')) NOT VALID;
    CREATE TABLE session_effort (
      project_id text NOT NULL,
      session_id text NOT NULL,
      agent_id text NOT NULL DEFAULT '',
      parent_agent_id text,
      turn_shape text NOT NULL,
      calls integer NOT NULL,
      tokens double precision NOT NULL,
      redundant_reads integer NOT NULL,
      repeated_calls integer NOT NULL,
      failed_calls integer NOT NULL,
      wasted_calls integer NOT NULL,
      measured_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (project_id, session_id, agent_id),
      FOREIGN KEY (project_id, session_id) REFERENCES session ON DELETE CASCADE
    );
    CREATE INDEX session_effort_like_idx ON session_effort (project_id, turn_shape, measured_at);
    GRANT SELECT ON session_effort TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON session_effort TO trimtab_evaluator;
    GRANT ALL ON session_effort TO trimtab_admin;
  `)
    .execute(database);
}
