import { changeClusterStatus } from '#shared/database/clusters/change-status.ts';
import {
  type AssessableCluster,
  type HourCounts,
  readAssessableClusters,
  readFailureHours,
  readShapeHours,
  readSinceResolved,
} from '#shared/database/clusters/read-assessable.ts';
import { type StoredAssessment, writeAssessments } from '#shared/database/clusters/write-assessments.ts';
import type { Database } from '#shared/database/connect.ts';
import { assessCluster, type ClusterHistory } from './assess-cluster.ts';
import { cautiousRate, type RateHour } from './rate-evidence.ts';

export interface AssessDeps {
  readonly database: Database;
  readonly now: () => number;
  readonly actor: string;
}

const HOUR_MS = 3_600_000;
const RECENT_HOURS = 24;
const BASELINE_HOURS = 7 * 24;

/**
 * Looks at every cluster of a project once: how its rate does, and whether that changes its status. Whoever changes it at
 * the same time wins.
 *
 * @returns how many clusters changed their status
 */
export async function assessClusters(deps: AssessDeps, projectId: string): Promise<number> {
  const { database, actor } = deps;
  const now = new Date(deps.now());
  const thisHour = Math.floor(now.getTime() / HOUR_MS);
  const since = new Date((thisHour - RECENT_HOURS - BASELINE_HOURS + 1) * HOUR_MS);
  const clusters = await readAssessableClusters(database, projectId);
  if (clusters.length === 0) return 0;
  const dayAgo = new Date((thisHour - RECENT_HOURS + 1) * HOUR_MS);
  const failures = await readFailureHours(database, projectId, { since, dayAgo });
  const shapes = await readShapeHours(database, projectId, since);
  const assessments: StoredAssessment[] = [];
  let changed = 0;
  for (const cluster of clusters) {
    const history = {
      ...historyOf(cluster, thisHour, failures.sessions.get(cluster.clusterId), shapes),
      sinceResolved: await sinceResolvedOf(database, projectId, cluster),
    };
    const assessment = assessCluster(history, now.getTime());
    const recentCount = failures.recent.get(cluster.clusterId) ?? 0;
    assessments.push({ ...assessment, clusterId: cluster.clusterId, recentCount });
    if (assessment.change === null) continue;
    const { eValue, recentRate, baselineRate } = assessment;
    const isChanged = await changeClusterStatus(database, projectId, cluster.clusterId, {
      ...assessment.change,
      ...{ actor, now, from: cluster.status, policyId: cluster.resolvedByPolicy },
      evidence: { eValue, recentRate, baselineRate },
    });
    changed += isChanged ? 1 : 0;
  }
  await writeAssessments(database, assessments, now);
  return changed;
}

/**
 * Newly failing sessions per eligible call in the last week, raised by its uncertainty; what a mend is measured against.
 * Null where no eligible call is known.
 */
export async function rateBeforeResolving(
  deps: Pick<AssessDeps, 'database' | 'now'>,
  projectId: string,
  clusterId: string,
): Promise<number | null> {
  const { database } = deps;
  const thisHour = Math.floor(deps.now() / HOUR_MS);
  const since = new Date((thisHour - BASELINE_HOURS) * HOUR_MS);
  const cluster = (await readAssessableClusters(database, projectId)).find((each) => each.clusterId === clusterId);
  if (cluster === undefined) return null;
  const { sessions } = await readFailureHours(database, projectId, { since, dayAgo: since });
  const shapes = await readShapeHours(database, projectId, since);
  const week = hoursOf(
    cluster,
    { from: thisHour - BASELINE_HOURS, until: thisHour + 1 },
    sessions.get(clusterId),
    shapes,
  );
  return cautiousRate(week.reduce(added, { calls: 0, failures: 0 }));
}

function historyOf(
  cluster: AssessableCluster,
  thisHour: number,
  failures: HourCounts | undefined,
  shapes: ReadonlyMap<string, HourCounts>,
): Omit<ClusterHistory, 'sinceResolved'> {
  const until = thisHour + 1;
  const firstHour = Math.floor(cluster.firstSeen.getTime() / HOUR_MS);
  // Before its first failure a cluster had no rate that a week could be compared with.
  const from = Math.max(until - RECENT_HOURS - BASELINE_HOURS, Math.min(firstHour, until - RECENT_HOURS));
  const hours = hoursOf(cluster, { from, until }, failures, shapes);
  const { status, resolvedRate } = cluster;
  return {
    ...{ status, resolvedRate, recent: hours.slice(-RECENT_HOURS) },
    statusSinceMs: cluster.statusSince.getTime(),
    firstSeenMs: cluster.firstSeen.getTime(),
    lastSeenMs: cluster.lastSeen.getTime(),
    baseline: hours.slice(0, -RECENT_HOURS).reduce(added, { calls: 0, failures: 0 }),
  };
}

function hoursOf(
  cluster: AssessableCluster,
  { from, until }: { readonly from: number; readonly until: number },
  failures: HourCounts | undefined,
  shapes: ReadonlyMap<string, HourCounts>,
): readonly RateHour[] {
  const eligible = cluster.turnShapes.flatMap((shape) => shapes.get(shape) ?? []);
  return Array.from({ length: until - from }, (_, index) => ({
    calls: eligible.reduce((sum, hours) => sum + (hours.get(from + index) ?? 0), 0),
    failures: failures?.get(from + index) ?? 0,
  }));
}

async function sinceResolvedOf(
  database: Database,
  projectId: string,
  cluster: AssessableCluster,
): Promise<RateHour | null> {
  const { status, resolvedAt } = cluster;
  if (status !== 'resolved' || resolvedAt === null) return null;
  // Most of them never come back, and are not asked about.
  if (cluster.lastSeen <= resolvedAt) return { calls: 0, failures: 0 };
  const { sessions, calls } = await readSinceResolved(database, projectId, { ...cluster, resolvedAt });
  return { calls, failures: sessions };
}

function added(sum: RateHour, hour: RateHour): RateHour {
  return { calls: sum.calls + hour.calls, failures: sum.failures + hour.failures };
}
