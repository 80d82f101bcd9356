import {
  type EligibleCell,
  findUnattributed,
  readEligibleCells,
  writeAttribution,
} from '#shared/database/clusters/attribution-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { ClusterAttribution } from '#shared/domain/failure-cluster.ts';
import { type AttributionCell, findAttributions } from '../clustering/attribution.ts';
import { placeOf } from './place-of.ts';

const WINDOW_MS = 7 * 86_400_000;
/** With fewer failing sessions nothing can be proven. */
const SESSIONS_MIN = 5;
/** It is asked again when there are a fifth more failures than when it was asked last. */
const GROWTH = 1.2;
/** Clusters per look: each reads a week of calls, and a look must not take minutes. */
const CLUSTERS_MAX = 3;

/**
 * Finds out where clusters happen that met enough new failures: on which provider, model, prefix, policy, turn shape or
 * repository their rate per eligible call is proven to be higher.
 *
 * @returns how many clusters were looked at
 */
export async function attributeClusters(
  deps: { readonly database: Database; readonly now: () => number },
  projectId: string,
): Promise<number> {
  const { database } = deps;
  const now = new Date(deps.now());
  const due = await findUnattributed(database, projectId, {
    ...{ minSessions: SESSIONS_MIN, growth: GROWTH, limit: CLUSTERS_MAX },
  });
  for (const cluster of due) {
    const since = new Date(now.getTime() - WINDOW_MS);
    const cells = await readEligibleCells(database, projectId, cluster.clusterId, since);
    const attribution = findAttributions(cells.map(asAttributionCell)).map(
      ({ liftInterval: [liftLow, liftHigh], inseparableFrom, ...found }): ClusterAttribution => ({
        ...found,
        liftLow,
        liftHigh: Number.isFinite(liftHigh) ? liftHigh : null,
        inseparableFrom: [...inseparableFrom],
      }),
    );
    await writeAttribution(database, cluster, { attribution, place: placeOf(attribution), now });
  }
  return due.length;
}

function asAttributionCell(cell: EligibleCell): AttributionCell {
  const { sessionId, eligible, failures, ...places } = cell;
  const known = Object.entries(places).filter((entry): entry is [string, string] => entry[1] !== null);
  return { sessionId, eligible, failures, values: Object.fromEntries(known) };
}
