import { calibrate } from '#shared/calibration/calibration-map.ts';
import { readCalibrations, type StoredCalibration } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { JudgeInDepthDeps } from './scorers/judge/judge-in-depth.ts';
import type { Rubric } from './scorers/judge/rubric.ts';

/** What labels say of the judges; maps are fitted nightly, and are read again after this long. */
const FRESH_MS = 300_000;

/** Reads what is known of a project's judges, and remembers it for some minutes. */
export type ReadJudgeCalibrations = (projectId: string) => Promise<readonly StoredCalibration[]>;

/** @param deps.now Unix time in milliseconds */
export function createReadJudgeCalibrations(deps: {
  readonly database: Database;
  readonly now: () => number;
}): ReadJudgeCalibrations {
  const known = new Map<string, { readonly at: number; readonly calibrations: readonly StoredCalibration[] }>();
  return async (projectId) => {
    const kept = known.get(projectId);
    if (kept !== undefined && deps.now() - kept.at < FRESH_MS) return kept.calibrations;
    const calibrations = await readCalibrations(deps.database, projectId);
    known.set(projectId, { at: deps.now(), calibrations });
    return calibrations;
  };
}

/** How reliable judges are, and what their values mean, by the labels on this version of a rubric. */
export function trustIn(
  calibrations: readonly StoredCalibration[],
): Required<Pick<JudgeInDepthDeps, 'reliabilityOf' | 'calibrate'>> {
  const find = (model: string, rubric: Rubric) =>
    calibrations.find(
      (each) => each.judge === model && each.rubric === rubric.id && each.rubricVersion === rubric.version,
    );
  return {
    reliabilityOf(model, rubric) {
      const agreement = find(model, rubric)?.agreement;
      if (agreement === undefined || agreement.sensitivity === null || agreement.specificity === null) return null;
      // The mean of both rates: a judge that passes everything is right whenever most things are good.
      return { right: (agreement.n * (agreement.sensitivity + agreement.specificity)) / 2, judged: agreement.n };
    },
    calibrate(model, rubric, judgement) {
      const found = find(model, rubric);
      return found === undefined ? null : calibrate(found.map, judgement);
    },
  };
}
