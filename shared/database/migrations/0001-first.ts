import { type Kysely, sql } from 'kysely';
import { CALL_TABLES } from './sql/calls.ts';
import { CLUSTER_TABLES } from './sql/clusters.ts';
import { OPERATION_TABLES } from './sql/operations.ts';
import { POLICY_TABLES } from './sql/policies.ts';
import { ROLES_AND_GRANTS } from './sql/roles.ts';
import { SCORE_TABLES } from './sql/scores.ts';

/** The first schema: every table of the loop, its partitions and its roles. Forward only. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statements of [
    CALL_TABLES,
    SCORE_TABLES,
    CLUSTER_TABLES,
    POLICY_TABLES,
    OPERATION_TABLES,
    ROLES_AND_GRANTS,
  ]) {
    await sql.raw(statements).execute(database);
  }
}
