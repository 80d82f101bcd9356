import { type Kysely, sql } from 'kysely';

/**
 * Finds the calls of a provider that lost something in translation, and keeps what gateways learned of how providers
 * count tokens: each gateway writes rows of its own, and begins with those of all.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    CREATE INDEX call_losses_idx ON call (project_id, provider, call_id) WHERE losses <> '[]'::jsonb;
    CREATE TABLE token_calibration (
      project_id text NOT NULL,
      gateway_id text NOT NULL,
      provider text NOT NULL,
      model text NOT NULL,
      state jsonb NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (project_id, gateway_id, provider, model)
    );
    GRANT SELECT ON token_calibration TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON token_calibration TO trimtab_gateway;
    GRANT ALL ON token_calibration TO trimtab_admin;
  `)
    .execute(database);
}
