import { sql } from 'kysely';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** How a cluster does. */
export interface StoredAssessment {
  readonly clusterId: string;
  readonly trend: string;
  readonly recentCount: number;
  readonly recentRate: number | null;
  readonly baselineRate: number | null;
  readonly eValue: number | null;
}

/** Notes how clusters do, by one statement; those that do as before are left alone. */
export async function writeAssessments(
  database: Database,
  assessments: readonly StoredAssessment[],
  now: Date,
): Promise<void> {
  if (assessments.length === 0) return;
  const records = assessments.map(({ clusterId, trend, recentCount, recentRate, baselineRate, eValue }) => ({
    ...{ cluster_id: clusterId, trend, recent_count: recentCount, recent_rate: recentRate },
    // Evidence grows without bounds; a number of JSON does not.
    ...{ baseline_rate: baselineRate, e_value: eValue === null ? null : Math.min(eValue, Number.MAX_VALUE) },
  }));
  await sql`
    UPDATE failure_cluster cluster SET trend = now.trend, recent_count = now.recent_count,
      recent_rate = now.recent_rate, baseline_rate = now.baseline_rate, e_value = now.e_value, assessed_at = ${now}
    FROM jsonb_to_recordset(${jsonText(records)}::jsonb) AS now (cluster_id uuid, trend text, recent_count bigint,
      recent_rate float8, baseline_rate float8, e_value float8)
    WHERE cluster.cluster_id = now.cluster_id
      AND (cluster.trend, cluster.recent_count, cluster.recent_rate, cluster.baseline_rate, cluster.e_value)
        IS DISTINCT FROM (now.trend, now.recent_count, now.recent_rate, now.baseline_rate, now.e_value)`.execute(
    database,
  );
}
