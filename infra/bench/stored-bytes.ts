import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';

export interface StoredBytes {
  /** Rows of blocks and nodes, and the layouts of calls: what a transcript takes. */
  readonly transcripts: number;
  /** All that calls, blocks and nodes take on the disk, with their indexes and half-filled pages. */
  readonly onDisk: number;
}

/** Over all partitions. */
export async function storedBytes(database: Database): Promise<StoredBytes> {
  const { rows } = await sql<StoredBytes>`
    SELECT
      (SELECT coalesce(sum(pg_column_size(block)), 0) FROM block)
        + (SELECT coalesce(sum(pg_column_size(transcript_node)), 0) FROM transcript_node)
        + (SELECT coalesce(sum(pg_column_size(transcript_layout)), 0) FROM call) AS transcripts,
      (SELECT sum(pg_total_relation_size(relid))
        FROM unnest(ARRAY['call', 'block', 'transcript_node']::regclass[]) AS parent, pg_partition_tree(parent))::bigint
        AS on_disk`.execute(database);
  return rows[0] ?? { transcripts: 0, onDisk: 0 };
}
