import type { Database } from '../connect.ts';

/** A cluster as lists show it. */
export interface ClusterRow {
  readonly clusterId: string;
  readonly slug: string;
  readonly title: string;
  readonly status: string;
  readonly statusSince: Date;
  readonly severity: string;
  readonly stage: string;
  readonly check: string;
  readonly prefixFixable: boolean;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly eventCount: number;
  readonly sessionCount: number;
  /** Failures of the last 24 hours. */
  readonly recentCount: number;
  readonly trend: string;
  /** Newly failing sessions per eligible call, of the last day and of the week before it. */
  readonly recentRate: number | null;
  readonly baselineRate: number | null;
  readonly assignee: string | null;
  readonly labels: readonly string[];
}

export const CLUSTER_COLUMNS = [
  'clusterId',
  'slug',
  'title',
  'status',
  'statusSince',
  'severity',
  'stage',
  'checkId as check',
  'prefixFixable',
  'firstSeen',
  'lastSeen',
  'eventCount',
  'sessionCount',
  'recentCount',
  'trend',
  'recentRate',
  'baselineRate',
  'assignee',
  'labels',
] as const;

/** The cluster that stands for an id today: itself, or the one that it was merged into. Null for one that is not. */
export async function survivorOf(database: Database, projectId: string, clusterId: string): Promise<string | null> {
  // A chain is as long as there were merges of merges; the limit ends one that a fault made circular.
  let id = clusterId;
  for (let step = 0; step < MERGES_MAX; step += 1) {
    const row = await database
      .selectFrom('failureCluster')
      .select('mergedInto')
      .where('projectId', '=', projectId)
      .where('clusterId', '=', id)
      .executeTakeFirst();
    if (row === undefined) return null;
    if (row.mergedInto === null) return id;
    id = row.mergedInto;
  }
  return null;
}

const MERGES_MAX = 50;

export async function readClusterRow(
  database: Database,
  projectId: string,
  clusterId: string,
): Promise<ClusterRow | null> {
  const row = await database
    .selectFrom('failureCluster')
    .select([...CLUSTER_COLUMNS])
    .where('projectId', '=', projectId)
    .where('clusterId', '=', clusterId)
    .executeTakeFirst();
  return row ?? null;
}
