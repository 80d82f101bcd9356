import { readDrifts } from '#shared/database/anchor-store.ts';
import type { Database } from '#shared/database/connect.ts';

/**
 * Whether the nightly anchors of some judge have moved since a moment: then a drop may be the judge's, and only two arms
 * that are judged at the same time can tell.
 */
export async function readJudgeDrift(database: Database, projectId: string, since: Date): Promise<boolean> {
  const drifts = await readDrifts(database, projectId);
  return drifts.some(({ alarmAt }) => alarmAt !== null && alarmAt >= since);
}
