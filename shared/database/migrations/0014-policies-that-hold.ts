import { type Kysely, sql } from 'kysely';
import { POINTER_GUARDS } from './sql/pointer-guards.ts';
import { POLICY_GUARDS } from './sql/policy-guards.ts';

/**
 * What no code path may break about policies, held by the database: an id is the hash of its body, weights sum, regions
 * and features are as governance says, what a person must take is taken by people, every move of the pointer has one
 * audit event in an unbroken chain, and the optimizer neither exceeds its exposure nor its rate, nor tries again what
 * was rolled back before its time.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE allowed_model ADD COLUMN region text, ADD COLUMN features text[];
    ALTER TABLE policy
      ADD COLUMN risk_class text NOT NULL DEFAULT 'human' CHECK (risk_class IN ('automatic', 'canary', 'human')),
      ADD COLUMN change_id text NOT NULL DEFAULT '';
    CREATE TABLE policy_approval (
      project_id text NOT NULL,
      policy_id text NOT NULL,
      person text NOT NULL CHECK (person <> ''),
      reason text NOT NULL,
      approved_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (project_id, policy_id, person),
      FOREIGN KEY (project_id, policy_id) REFERENCES policy (project_id, policy_id)
    );
    CREATE TABLE policy_cool_off (
      project_id text NOT NULL REFERENCES project,
      change_id text NOT NULL,
      rollbacks integer NOT NULL,
      until timestamptz NOT NULL,
      PRIMARY KEY (project_id, change_id)
    );
    GRANT SELECT ON policy_approval, policy_cool_off TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT ALL ON policy_approval, policy_cool_off TO trimtab_admin;
    GRANT INSERT, UPDATE ON policy_cool_off TO trimtab_optimizer;
  `)
    .execute(database);
  await sql.raw(POLICY_GUARDS).execute(database);
  await sql.raw(POINTER_GUARDS).execute(database);
}
