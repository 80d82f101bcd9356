import { type Kysely, sql } from 'kysely';

/**
 * What of a judge's answers was of no use, by kind, in the ledger of what judges cost; and how fast each is asked, kept
 * for all evaluators together, because a provider's limit does not know how many of them there are.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE judge_spend
      ADD COLUMN repairs integer NOT NULL DEFAULT 0,
      ADD COLUMN canary_misses integer NOT NULL DEFAULT 0,
      ADD COLUMN rate_limited integer NOT NULL DEFAULT 0,
      ADD COLUMN other_model integer NOT NULL DEFAULT 0,
      ADD COLUMN unusable integer NOT NULL DEFAULT 0;
    CREATE TABLE judge_pace (
      project_id text NOT NULL,
      judge text NOT NULL,
      minute timestamptz NOT NULL,
      requests integer NOT NULL,
      closed_until timestamptz,
      PRIMARY KEY (project_id, judge)
    );
    GRANT SELECT ON judge_pace TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT, UPDATE ON judge_pace TO trimtab_evaluator;
    GRANT ALL ON judge_pace TO trimtab_admin;
  `)
    .execute(database);
}
