import { sql } from 'kysely';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

export type RolloutStatus = 'running' | 'promoted' | 'rolled_back' | 'inconclusive' | 'aborted';

/** Ends the row of a running rollout. Part of the transaction that moves the pointer; false when it had ended before. */
export async function closeRolloutRow(
  transaction: Database,
  rolloutId: string,
  status: Exclude<RolloutStatus, 'running'>,
  evidence: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const closed = await transaction
    .updateTable('rollout')
    .set({ status, evidence: jsonText(evidence), closedAt: sql`now()` })
    .where('rolloutId', '=', rolloutId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return closed.numUpdatedRows > 0n;
}
