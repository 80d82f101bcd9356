import { readDrifts } from '#shared/database/anchor-store.ts';
import type { Database } from '#shared/database/connect.ts';

/** A watch that goes on under a new policy is older than its alarm's row. */
const BEFORE_MS = 7 * 86_400_000;

/**
 * Whether the nightly anchors of some judge have moved since an alarm was armed, or shortly before: then a drop may be the
 * judge's, and only two arms that are judged at the same time can tell.
 */
export async function readJudgeDrift(database: Database, projectId: string, armedAt: Date): Promise<boolean> {
  const since = armedAt.getTime() - BEFORE_MS;
  const drifts = await readDrifts(database, projectId);
  return drifts.some(({ alarmAt }) => alarmAt !== null && alarmAt.getTime() >= since);
}
