import { type Kysely, sql } from 'kysely';

/**
 * What a search for a prefix is made of: its settings and plan, the optimizer's state exactly as it was written (text:
 * jsonb would reorder it), the stored calls that it replays, its candidates, and what each expense was reserved and came
 * to. Rows go with their call when it is erased, and all of it with the search's cluster.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE prompt_run
      ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
      ADD COLUMN plan jsonb NOT NULL DEFAULT '{}',
      ADD COLUMN progress jsonb NOT NULL DEFAULT '{}',
      ADD COLUMN stepper text,
      ADD COLUMN tells integer NOT NULL DEFAULT 0,
      ADD COLUMN budget_usd double precision,
      ADD COLUMN cancelled_by text,
      ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
    CREATE INDEX prompt_run_created_idx ON prompt_run (project_id, created_at);
    CREATE TABLE prompt_row (
      prompt_run_id uuid NOT NULL REFERENCES prompt_run ON DELETE CASCADE,
      project_id text NOT NULL,
      call_id uuid NOT NULL,
      session_id text NOT NULL,
      transcript_head text NOT NULL,
      split text NOT NULL CHECK (split IN ('propose', 'select', 'report')),
      failing boolean NOT NULL,
      facts jsonb NOT NULL,
      PRIMARY KEY (prompt_run_id, call_id)
    );
    CREATE INDEX prompt_row_call_idx ON prompt_row (call_id);
    CREATE TABLE prompt_candidate (
      prompt_run_id uuid NOT NULL REFERENCES prompt_run ON DELETE CASCADE,
      project_id text NOT NULL,
      prefix_id text NOT NULL,
      position integer NOT NULL,
      parents text[] NOT NULL,
      operator text NOT NULL,
      problem text,
      mean double precision,
      evaluations integer NOT NULL DEFAULT 0,
      PRIMARY KEY (prompt_run_id, prefix_id)
    );
    CREATE INDEX prompt_candidate_prefix_idx ON prompt_candidate (project_id, prefix_id);
    CREATE TABLE prompt_expense (
      prompt_run_id uuid NOT NULL REFERENCES prompt_run ON DELETE CASCADE,
      project_id text NOT NULL,
      expense_key text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('task', 'teacher', 'judge')),
      reserved_usd double precision NOT NULL,
      spent_usd double precision,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (prompt_run_id, expense_key)
    );
    CREATE FUNCTION erase_prompt_rows_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM prompt_row WHERE project_id = OLD.project_id AND call_id = OLD.call_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER call_erases_prompt_rows AFTER DELETE ON call
      FOR EACH ROW EXECUTE FUNCTION erase_prompt_rows_of_call();
    CREATE FUNCTION erase_purged_search() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.result ->> 'reason' = 'purged' THEN
        NEW.stepper := NULL;
        NEW.progress := '{}';
        DELETE FROM prompt_row WHERE prompt_run_id = NEW.prompt_run_id;
        DELETE FROM prompt_candidate WHERE prompt_run_id = NEW.prompt_run_id;
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER prompt_run_purged BEFORE UPDATE ON prompt_run
      FOR EACH ROW EXECUTE FUNCTION erase_purged_search();
    GRANT SELECT ON prompt_row, prompt_candidate, prompt_expense
      TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON prompt_row, prompt_candidate, prompt_expense TO trimtab_optimizer;
    GRANT DELETE ON prompt_row, prompt_candidate TO trimtab_optimizer;
    GRANT ALL ON prompt_row, prompt_candidate, prompt_expense TO trimtab_admin;
  `)
    .execute(database);
}
