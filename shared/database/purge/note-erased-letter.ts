import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { SPOOL_QUEUE } from '../conservation.ts';

/** Removes the dead letter of a record that a spool has set aside, and counts its call as erased instead. */
export async function noteErasedLetter(database: Database, spoolId: string, sequence: number): Promise<void> {
  await sql`
    WITH removed AS (
      DELETE FROM dead_letter WHERE queue = ${SPOOL_QUEUE} AND payload ->> 'spoolId' = ${spoolId}
        AND payload ->> 'sequence' = ${String(sequence)}
      RETURNING call_id, project_id
    )
    INSERT INTO erased_call (call_id, project_id, source)
    SELECT call_id, project_id, 'gateway' FROM removed
    WHERE call_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM call
      WHERE call.call_id = removed.call_id AND call.project_id = removed.project_id)
    ON CONFLICT DO NOTHING`.execute(database);
}
