import { calibrateJudge } from '#shared/calibration/calibrate-judge.ts';
import {
  readCalibrations,
  readJudgedLabels,
  type StoredCalibration,
  writeCalibration,
} from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { judgeKey } from '#shared/domain/judge-key.ts';

export interface RecalibrateDeps {
  readonly database: Database;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Fits the map of every judge version that has labels, measures it and decides its gate. A version whose labels are as
 * many as before is left as it is, so that a judge that was suspended for its drift stays so until somebody labels or
 * asks.
 *
 * @param options `force` fits all anew
 * @returns every calibration as it stands now
 */
export async function recalibrate(
  { database, now }: RecalibrateDeps,
  projectId: string,
  options: { readonly force: boolean },
): Promise<readonly StoredCalibration[]> {
  const known = new Map((await readCalibrations(database, projectId)).map((one) => [judgeKey(one), one.labels]));
  const labelled = await readJudgedLabels(database, projectId);
  for (const [key, rows] of Map.groupBy(labelled, judgeKey)) {
    const [first] = rows;
    if (first === undefined || (!options.force && known.get(key) === rows.length)) continue;
    const { rubric, rubricVersion, judge } = first;
    const version = { rubric, rubricVersion, judge };
    await writeCalibration(database, projectId, version, calibrateJudge(rows), new Date(now()));
  }
  return await readCalibrations(database, projectId);
}
