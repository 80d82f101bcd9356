import { type Kysely, sql } from 'kysely';

/**
 * What providers said that they served for each model that was asked for, one row for each name and fingerprint.
 * `changed_at` is the moment since when an answer is another model's than what was served before: what was observed
 * until then says nothing of the model any more.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    CREATE TABLE served_model (
      project_id text NOT NULL,
      provider text NOT NULL,
      model text NOT NULL,
      served text NOT NULL,
      fingerprint text NOT NULL DEFAULT '',
      first_served_at timestamptz NOT NULL,
      last_served_at timestamptz NOT NULL,
      changed_at timestamptz,
      PRIMARY KEY (project_id, provider, model, served, fingerprint)
    );
    CREATE INDEX served_model_change_idx ON served_model (project_id, model, changed_at) WHERE changed_at IS NOT NULL;
    GRANT SELECT ON served_model TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON served_model TO trimtab_evaluator;
    GRANT ALL ON served_model TO trimtab_admin;
  `)
    .execute(database);
}
