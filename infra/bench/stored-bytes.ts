import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';

/** Bytes of calls, their blocks and their nodes on disk, with indexes, over all partitions. */
export async function storedBytes(database: Database): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    SELECT sum(pg_total_relation_size(relid))::bigint AS bytes
    FROM unnest(ARRAY['call', 'block', 'transcript_node']::regclass[]) AS parent, pg_partition_tree(parent)`.execute(
    database,
  );
  return rows[0]?.bytes ?? 0;
}
