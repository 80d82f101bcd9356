import { type Kysely, sql } from 'kysely';
import {
  CLUSTER_COUNT_FUNCTIONS,
  CLUSTER_COUNT_TABLES,
  CLUSTER_WORK_GRANTS,
  CLUSTER_WORK_TABLES,
} from './sql/cluster-work.ts';

/** Clusters that people work with, and counts that are kept. What is stored already is counted once, here. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statements of [CLUSTER_WORK_TABLES, CLUSTER_COUNT_TABLES, CLUSTER_COUNT_FUNCTIONS, CLUSTER_WORK_GRANTS]) {
    await sql.raw(statements).execute(database);
  }
  await sql`UPDATE failure_cluster SET event_count = 0, session_count = 0`.execute(database);
  await sql`
    SELECT count_failures(project_id, failures_of(array_agg(DISTINCT template_id))) FROM cluster_assignment
    WHERE valid_to IS NULL GROUP BY project_id, cluster_id`.execute(database);
}
