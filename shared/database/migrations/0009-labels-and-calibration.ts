import { type Kysely, sql } from 'kysely';

/**
 * What people said of calls and sessions, what was learned from it of each judge and of triage, and the fixed records by
 * which a judge is watched. Labels and anchors go with their call when it is erased: a note may quote it.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    CREATE TABLE label (
      project_id text NOT NULL,
      subject_type text NOT NULL CHECK (subject_type IN ('call', 'session')),
      subject_id text NOT NULL,
      metric text NOT NULL CHECK (metric IN ('taskCompletion', 'toolUse', 'code')),
      labeller text NOT NULL,
      call_id uuid NOT NULL,
      session_id text NOT NULL,
      passed boolean NOT NULL,
      note text,
      features jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (project_id, subject_type, subject_id, metric, labeller)
    );
    CREATE INDEX label_session_idx ON label (project_id, session_id);
    CREATE INDEX label_created_idx ON label (project_id, created_at);
    CREATE TABLE judge_calibration (
      project_id text NOT NULL,
      rubric text NOT NULL,
      rubric_version text NOT NULL,
      judge text NOT NULL,
      map jsonb NOT NULL,
      agreement jsonb NOT NULL,
      gate_passed boolean NOT NULL,
      gate_reason text,
      labels integer NOT NULL,
      fitted_at timestamptz NOT NULL,
      PRIMARY KEY (project_id, rubric, rubric_version, judge)
    );
    CREATE TABLE triage_model (
      project_id text PRIMARY KEY,
      model jsonb NOT NULL,
      fitted_at timestamptz NOT NULL
    );
    CREATE TABLE judge_anchor (
      project_id text NOT NULL,
      rubric text NOT NULL,
      subject_type text NOT NULL,
      subject_id text NOT NULL,
      call_id uuid NOT NULL,
      session_id text NOT NULL,
      passed boolean NOT NULL,
      added_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (project_id, rubric, subject_type, subject_id)
    );
    CREATE TABLE judge_anchor_verdict (
      project_id text NOT NULL,
      night date NOT NULL,
      rubric text NOT NULL,
      rubric_version text NOT NULL,
      judge text NOT NULL,
      subject_type text NOT NULL,
      subject_id text NOT NULL,
      call_id uuid NOT NULL,
      session_id text NOT NULL,
      passed boolean,
      agrees boolean,
      flipped boolean,
      PRIMARY KEY (project_id, night, rubric, rubric_version, judge, subject_type, subject_id)
    );
    CREATE TABLE judge_drift (
      project_id text NOT NULL,
      rubric text NOT NULL,
      rubric_version text NOT NULL,
      judge text NOT NULL,
      state jsonb NOT NULL,
      level double precision NOT NULL,
      anchors integer NOT NULL,
      disagreed integer NOT NULL,
      flipped integer NOT NULL,
      compared integer NOT NULL,
      night date NOT NULL,
      alarm_at timestamptz,
      PRIMARY KEY (project_id, rubric, rubric_version, judge)
    );
    CREATE FUNCTION erase_labels_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM label WHERE project_id = OLD.project_id AND session_id = OLD.session_id
        AND (call_id = OLD.call_id OR subject_type = 'session');
      DELETE FROM judge_anchor WHERE project_id = OLD.project_id AND session_id = OLD.session_id
        AND (call_id = OLD.call_id OR subject_type = 'session');
      DELETE FROM judge_anchor_verdict WHERE project_id = OLD.project_id AND session_id = OLD.session_id
        AND (call_id = OLD.call_id OR subject_type = 'session');
      RETURN NULL;
    END $$;
    CREATE INDEX judge_anchor_session_idx ON judge_anchor (project_id, session_id);
    CREATE INDEX judge_anchor_verdict_session_idx ON judge_anchor_verdict (project_id, session_id);
    CREATE TRIGGER call_erases_labels AFTER DELETE ON call
      FOR EACH ROW EXECUTE FUNCTION erase_labels_of_call();
    GRANT SELECT ON label, judge_calibration, triage_model, judge_anchor, judge_anchor_verdict, judge_drift
      TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON judge_calibration, triage_model, judge_anchor, judge_anchor_verdict, judge_drift
      TO trimtab_evaluator;
    GRANT DELETE ON judge_anchor, judge_anchor_verdict TO trimtab_evaluator;
    GRANT UPDATE (features) ON label TO trimtab_evaluator;
    GRANT INSERT, UPDATE ON label TO trimtab_optimizer;
    GRANT ALL ON label, judge_calibration, triage_model, judge_anchor, judge_anchor_verdict, judge_drift
      TO trimtab_admin;
  `)
    .execute(database);
}
