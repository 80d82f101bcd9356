import { calibrate } from '#shared/calibration/calibration-map.ts';
import { GATE_LABELS_MIN } from '#shared/calibration/judge-gate.ts';
import type { StoredDrift } from '#shared/database/anchor-store.ts';
import type { StoredCalibration } from '#shared/database/calibration-store.ts';
import type { StoredQualityScore } from '#shared/database/score-store.ts';
import { judgeKey } from '#shared/domain/judge-key.ts';

/** How far judges are believed where the optimizer acts on what they say. */
export interface JudgeTrust {
  /** Models of judges with `trust: always`. */
  readonly always: ReadonlySet<string>;
  /** True where a policy can change without a person. */
  readonly isAutomatic: boolean;
}

export interface KnownJudges {
  readonly calibrations: readonly StoredCalibration[];
  readonly drifts: readonly StoredDrift[];
}

/** What a judge's word is worth: taken as it is, put right by its map, or shown and not counted. */
export type JudgeStanding =
  | { readonly type: 'raw' }
  | { readonly type: 'calibrated'; readonly calibration: StoredCalibration }
  | { readonly type: 'mute'; readonly reason: string; readonly drifts?: boolean };

type JudgedScore = Pick<StoredQualityScore, 'scorer' | 'scorerVersion' | 'judge'>;

/** The standing of the judge of a score. */
export function standingOf(score: JudgedScore, known: KnownJudges, trust: JudgeTrust): JudgeStanding {
  const judge = score.judge?.model ?? '';
  if (trust.always.has(judge)) return { type: 'raw' };
  const key = judgeKey({ rubric: score.scorer, rubricVersion: score.scorerVersion, judge });
  const calibration = known.calibrations.find((one) => judgeKey(one) === key);
  if (calibration === undefined || calibration.labels < GATE_LABELS_MIN) {
    return trust.isAutomatic ? { type: 'mute', reason: 'not measured' } : { type: 'raw' };
  }
  if (!calibration.gatePassed) return { type: 'mute', reason: calibration.gateReason ?? 'not past the gate' };
  const drift = known.drifts.find((one) => judgeKey(one) === key);
  const isDrifting = drift?.alarmAt != null && drift.alarmAt > calibration.fittedAt;
  return isDrifting
    ? { type: 'mute', reason: 'it drifts from its anchors', drifts: true }
    : { type: 'calibrated', calibration };
}

/**
 * The scores that a session's quality is made of: those of judges that count for nothing are left out, and the values of
 * calibrated judges are probabilities.
 *
 * @param tokensOf estimated tokens of what the score is of
 */
export function trustedScores(
  scores: readonly StoredQualityScore[],
  known: KnownJudges,
  trust: JudgeTrust,
  tokensOf: (score: StoredQualityScore) => number,
): readonly StoredQualityScore[] {
  return scores.flatMap((score) => {
    if (score.judge === null) return [score];
    const standing = standingOf(score, known, trust);
    if (standing.type === 'raw') return [score];
    if (standing.type === 'mute') return [];
    const said = score.value ?? (score.outcome === 'pass' ? 1 : 0);
    const truncation = score.judge.details?.cutShare ?? 0;
    return [
      { ...score, value: calibrate(standing.calibration.map, { score: said, tokens: tokensOf(score), truncation }) },
    ];
  });
}

/**
 * Keys of the judges that a session's quality rests on, and of those that it would rest on did they not drift: without
 * them it is another number, and not a better session.
 */
export function judgesBehind(
  scores: readonly StoredQualityScore[],
  known: KnownJudges,
  trust: JudgeTrust,
): readonly string[] {
  const keys = scores.flatMap((score) => {
    if (score.judge === null) return [];
    const standing = standingOf(score, known, trust);
    if (standing.type === 'mute' && standing.drifts !== true) return [];
    return judgeKey({ rubric: score.scorer, rubricVersion: score.scorerVersion, judge: score.judge.model });
  });
  return [...new Set(keys)].sort();
}
