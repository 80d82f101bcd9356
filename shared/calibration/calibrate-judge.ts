import { type CalibrationMap, calibrate, fitCalibrationMap, type LabelledJudgement } from './calibration-map.ts';
import { groupedFolds } from './grouped-folds.ts';
import { type JudgeAgreement, type MeasuredJudgement, measureAgreement } from './judge-agreement.ts';
import { type GateVerdict, judgeGate } from './judge-gate.ts';
import { seededUniform } from './seeded-uniform.ts';

export interface LabelledVerdict extends LabelledJudgement {
  readonly sessionId: string;
  readonly verdict: 0 | 1;
}

export interface JudgeCalibration {
  readonly map: CalibrationMap;
  readonly agreement: JudgeAgreement;
  readonly gate: GateVerdict;
}

const FOLDS = 5;
const SEED = 7;

/**
 * The map of a judge from all its labels, and its measures from maps that had not seen the session: a map that is
 * measured on what it was fitted on always looks calibrated.
 *
 * @throws RangeError without a label
 */
export function calibrateJudge(labelled: readonly LabelledVerdict[]): JudgeCalibration {
  const map = fitCalibrationMap(labelled);
  const folds = groupedFolds(
    labelled.map((row) => row.sessionId),
    FOLDS,
    seededUniform(SEED),
  );
  const measured: MeasuredJudgement[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const others = labelled.filter((_row, index) => folds[index] !== fold);
    const foldMap = others.length === 0 ? map : fitCalibrationMap(others);
    for (const [index, row] of labelled.entries()) {
      if (folds[index] !== fold) continue;
      const { sessionId, verdict, label } = row;
      measured.push({ sessionId, verdict, label, probability: calibrate(foldMap, row) });
    }
  }
  const agreement = measureAgreement(measured);
  return { map, agreement, gate: judgeGate(agreement) };
}
