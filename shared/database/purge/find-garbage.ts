import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../connect.ts';
import { isMeant, type MeantCalls } from './meant-calls.ts';

/** The blocks and nodes of a project in one week. */
export interface ContentPlace {
  readonly projectId: string;
  /** Its Monday. */
  readonly week: string;
}

/**
 * Puts the nodes and blocks that no call of the place leads to into the temporary tables `garbage_node` and
 * `garbage_block` of this connection. Other projects and weeks have copies of their own.
 *
 * @param without calls that are taken as gone
 */
export async function findGarbage(
  connection: Database,
  place: ContentPlace,
  without: MeantCalls | null = null,
): Promise<{ readonly nodes: number; readonly blocks: number }> {
  const { projectId, week } = place;
  await sql`DROP TABLE IF EXISTS pg_temp.garbage_node, pg_temp.garbage_block`.execute(connection);
  await markReachable(connection, place, without === null ? sql`true` : sql`${isMeant(without)} IS NOT TRUE`);
  await sql`
    CREATE TEMPORARY TABLE garbage_node AS SELECT node_hash FROM transcript_node
    WHERE project_id = ${sql.lit(projectId)} AND week = ${sql.lit(week)}::date
      AND NOT EXISTS (SELECT 1 FROM pg_temp.reachable_node kept WHERE kept.node_hash = transcript_node.node_hash)`.execute(
    connection,
  );
  await sql`
    CREATE TEMPORARY TABLE garbage_block AS SELECT block_key FROM block
    WHERE project_id = ${sql.lit(projectId)} AND week = ${sql.lit(week)}::date
      AND NOT EXISTS (SELECT 1 FROM pg_temp.reachable_block kept WHERE kept.block_key = block.block_key)`.execute(
    connection,
  );
  const { rows } = await sql<{ nodes: number; blocks: number }>`
    SELECT (SELECT count(*) FROM pg_temp.garbage_node) AS nodes,
      (SELECT count(*) FROM pg_temp.garbage_block) AS blocks`.execute(connection);
  return rows[0] ?? { nodes: 0, blocks: 0 };
}

/** Takes out of the garbage what calls lead to that were stored after it was found. */
export async function spareNewCalls(connection: Database, place: ContentPlace, storedSince: Date): Promise<void> {
  await markReachable(connection, place, sql`call.stored_at >= ${sql.lit(storedSince.toISOString())}::timestamptz`);
  await sql`DELETE FROM pg_temp.garbage_node WHERE node_hash IN (SELECT node_hash FROM pg_temp.reachable_node)`.execute(
    connection,
  );
  await sql`DELETE FROM pg_temp.garbage_block WHERE block_key IN (SELECT block_key FROM pg_temp.reachable_block)`.execute(
    connection,
  );
}

/**
 * Values stand in the text: a statement that makes a table takes no parameters. A parent is looked up by itself (LIMIT):
 * joined, the whole week would be read for every step back in a conversation.
 */
async function markReachable(
  connection: Database,
  { projectId, week }: ContentPlace,
  condition: RawBuilder<unknown>,
): Promise<void> {
  await sql`DROP TABLE IF EXISTS pg_temp.kept_call, pg_temp.reachable_node, pg_temp.reachable_block`.execute(
    connection,
  );
  await sql`
    CREATE TEMPORARY TABLE kept_call (transcript_head bytea, response_node bytea, catalogue_hash bytea,
      parameters_block bytea, upstream_raw_block bytea, envelope bytea)`.execute(connection);
  await sql`
    INSERT INTO pg_temp.kept_call
    SELECT transcript_head, response_node, catalogue_hash, parameters_block, upstream_raw_block,
      decode(transcript_layout #>> '{response,envelope}', 'hex')
    FROM call WHERE project_id = ${projectId} AND ${condition}
      AND call_id >= lowest_call_id(${week}::date::timestamp AT TIME ZONE 'UTC')
      AND call_id < lowest_call_id((${week}::date + 7)::timestamp AT TIME ZONE 'UTC')`.execute(connection);
  await sql`
    CREATE TEMPORARY TABLE reachable_node AS
    WITH RECURSIVE head AS (
      SELECT transcript_head AS node_hash FROM pg_temp.kept_call
      UNION SELECT response_node FROM pg_temp.kept_call
      UNION SELECT catalogue_hash FROM pg_temp.kept_call
    ), chain AS (
      SELECT node.node_hash, node.parent_hash, node.block_key FROM transcript_node AS node JOIN head USING (node_hash)
      WHERE node.project_id = ${sql.lit(projectId)} AND node.week = ${sql.lit(week)}::date
      UNION
      SELECT node.* FROM chain CROSS JOIN LATERAL (
        SELECT node_hash, parent_hash, block_key FROM transcript_node
        WHERE project_id = ${sql.lit(projectId)} AND week = ${sql.lit(week)}::date
          AND node_hash = chain.parent_hash LIMIT 1
      ) AS node
    )
    SELECT node_hash, block_key FROM chain`.execute(connection);
  await sql`
    CREATE TEMPORARY TABLE reachable_block AS
    SELECT block_key FROM pg_temp.reachable_node
    UNION SELECT parameters_block FROM pg_temp.kept_call WHERE parameters_block IS NOT NULL
    UNION SELECT upstream_raw_block FROM pg_temp.kept_call WHERE upstream_raw_block IS NOT NULL
    UNION SELECT envelope FROM pg_temp.kept_call WHERE envelope IS NOT NULL`.execute(connection);
}
