import type { Database } from '#shared/database/connect.ts';
import { loadCall } from '#shared/database/load-call.ts';
import { createTrafficIndex, type TrafficIndex } from '../check-candidate.ts';
import { textsOf } from '../transcript-text.ts';
import type { SearchRow } from './build-task.ts';

/** What users and models wrote in the calls of the search: candidates must not repeat it. */
export async function readTraffic(
  database: Database,
  projectId: string,
  rows: readonly SearchRow[],
  seedText: string,
): Promise<TrafficIndex> {
  const texts = new Set<string>();
  for (const { callId } of rows) {
    const stored = await loadCall(database, projectId, callId);
    for (const text of [...textsOf(stored?.request), ...textsOf(stored?.response), stored?.upstreamRaw ?? '']) {
      texts.add(text);
    }
  }
  return createTrafficIndex(texts, [seedText]);
}
