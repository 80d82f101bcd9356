import type { Database } from '../connect.ts';

/** Where most of a cluster's failures are. */
export async function readDimensions(
  database: Database,
  clusterId: string,
  limit: number,
): Promise<readonly { readonly dimension: string; readonly value: string; readonly events: number }[]> {
  return await database
    .selectFrom('clusterDimension')
    .select(['dimension', 'value', 'events'])
    .where('clusterId', '=', clusterId)
    .orderBy('events', 'desc')
    .orderBy('dimension')
    .orderBy('value')
    .limit(limit)
    .execute();
}
