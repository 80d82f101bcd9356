import { sql } from 'kysely';
import type { Database } from '../connect.ts';

const HOUR_MS = 3_600_000;

/** Failures per hour of each cluster, oldest hour first; the hour that runs is the last. */
export async function readSparklines(
  database: Database,
  projectId: string,
  options: { readonly clusterIds: readonly string[]; readonly hours: number; readonly now: Date },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { clusterIds, hours, now } = options;
  const last = Math.floor(now.getTime() / HOUR_MS);
  const first = last - hours + 1;
  const lines = new Map(clusterIds.map((id) => [id, Array.from({ length: hours }, () => 0)]));
  if (clusterIds.length === 0) return lines;
  const rows = await database
    .selectFrom('clusterHour')
    // As a number: a thousand moments would take longer to read than all the rest.
    .select(['clusterId', sql<number>`(extract(epoch FROM hour) / 3600)::int`.as('hourNumber'), 'events'])
    .where('projectId', '=', projectId)
    .where('clusterId', 'in', [...clusterIds])
    .where('dimension', '=', '')
    .where('value', '=', '')
    .where('hour', '>=', new Date(first * HOUR_MS))
    .execute();
  for (const { clusterId, hourNumber, events } of rows) {
    const line = lines.get(clusterId);
    const index = hourNumber - first;
    if (line !== undefined && index < hours) line[index] = events;
  }
  return lines;
}
