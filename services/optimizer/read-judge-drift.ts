import { readAnchorNights, readDriftLimits, readDrifts } from '#shared/database/anchor-store.ts';
import { readCalibrations } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { judgeKey } from '#shared/domain/judge-key.ts';
import { type DriftPeriod, driftPeriod } from './estimation/judge-drift-period.ts';

/** A watch that goes on under a new policy is older than its alarm's row. */
const BEFORE_MS = 7 * 86_400_000;

/** The last drift of one judge with one rubric. */
export interface JudgeDriftPeriod extends DriftPeriod {
  readonly judge: string;
  readonly rubric: string;
  /** As in the sessions that it had a say in. */
  readonly key: string;
}

/** From when to when judges had moved away from their anchors, as far as that is known. */
export async function readDriftPeriods(database: Database, projectId: string): Promise<JudgeDriftPeriod[]> {
  const drifts = (await readDrifts(database, projectId)).filter(({ alarmAt }) => alarmAt !== null);
  if (drifts.length === 0) return [];
  const nights = Map.groupBy(await readAnchorNights(database, projectId), judgeKey);
  const limits = new Map((await readDriftLimits(database, projectId)).map((each) => [judgeKey(each), each] as const));
  const fitted = new Map(
    (await readCalibrations(database, projectId)).map((each) => [judgeKey(each), each.fittedAt] as const),
  );
  return drifts.flatMap((drift) => {
    const key = judgeKey(drift);
    const disagreementMax = limits.get(key)?.disagreementMax ?? 0;
    const facts = { alarmAt: drift.alarmAt, disagreementMax, nights: nights.get(key) ?? [] };
    const period = driftPeriod({ ...facts, fittedAt: fitted.get(key) ?? null });
    return period === null ? [] : [{ ...period, judge: drift.judge, rubric: drift.rubric, key }];
  });
}

/**
 * Whether the nightly anchors of some judge have moved since an alarm was armed, or shortly before, or earlier without
 * being settled: then a drop may be the judge's, and only two arms that are judged at the same time can tell.
 */
export async function readJudgeDrift(database: Database, projectId: string, armedAt: Date): Promise<boolean> {
  const since = armedAt.getTime() - BEFORE_MS;
  const drifts = await readDriftPeriods(database, projectId);
  return drifts.some(({ until }) => until === null || until.getTime() >= since);
}
