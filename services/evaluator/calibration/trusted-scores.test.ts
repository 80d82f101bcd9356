import { describe, expect, it } from 'vitest';
import { calibrateJudge } from '#shared/calibration/calibrate-judge.ts';
import type { StoredCalibration } from '#shared/database/calibration-store.ts';
import type { StoredQualityScore } from '#shared/database/score-store.ts';
import { judgeKey } from '#shared/domain/judge-key.ts';
import { sessionQuality } from '#shared/domain/session-quality.ts';
import { judgesBehind, standingOf, trustedScores } from './trusted-scores.ts';

const JUDGED: StoredQualityScore = {
  callId: '0199a0c4-0000-7000-8000-000000000001',
  scorer: 'task-completion',
  scorerVersion: '3',
  subjectType: 'session',
  metric: 'taskCompletion',
  status: 'scored',
  outcome: 'pass',
  value: 1,
  owner: null,
  severity: null,
  judge: { model: 'judge-1', promptHash: 'x' },
  samplingProbability: 1,
};
const DETERMINISTIC: StoredQualityScore = {
  ...JUDGED,
  ...{ subjectType: 'call', scorer: 'toolUse', metric: 'toolUse', judge: null, value: 0.5 },
};
const NOBODY = { calibrations: [], drifts: [] };
const VERSION = { rubric: 'task-completion', rubricVersion: '3', judge: 'judge-1' };
const FITTED_AT = new Date('2026-01-02T00:00:00Z');

/** Of a judge that is wrong on every tenth subject of either kind. */
function calibration(over: Partial<StoredCalibration> = {}): StoredCalibration {
  const labelled = Array.from({ length: 200 }, (_none, index) => {
    const label = index % 2 === 0 ? 1 : 0;
    const verdict = Math.floor(index / 2) % 10 === 0 ? 1 - label : label;
    return {
      ...{ sessionId: `s${index}`, score: verdict, tokens: 2_000, truncation: 0 },
      verdict: verdict === 1 ? 1 : 0,
      label,
    } as const;
  });
  const { map, agreement } = calibrateJudge(labelled);
  const gate = { gatePassed: true, gateReason: null, labels: 200, fittedAt: FITTED_AT };
  return { ...VERSION, map, agreement, ...gate, ...over };
}

const trust = (isAutomatic: boolean, always: readonly string[] = []) => ({ isAutomatic, always: new Set(always) });
const qualityOf = (known: Parameters<typeof trustedScores>[1], believed: Parameters<typeof trustedScores>[2]) =>
  sessionQuality(trustedScores([JUDGED, DETERMINISTIC], known, believed, () => 2_000));

describe('what a judge counts for', () => {
  it('counts as it is while nobody has measured it and a person takes every policy', () => {
    expect(qualityOf(NOBODY, trust(false))).toBe(0.75);
  });

  it('counts for nothing unmeasured where policies change by themselves', () => {
    expect(qualityOf(NOBODY, trust(true))).toBe(0.5);
    expect(standingOf(JUDGED, NOBODY, trust(true))).toEqual({ type: 'mute', reason: 'not measured' });
  });

  it('counts as it is where the operator says always', () => {
    expect(qualityOf(NOBODY, trust(true, ['judge-1']))).toBe(0.75);
  });

  it('counts with its probability once it is past the gate', () => {
    const quality = qualityOf({ calibrations: [calibration()], drifts: [] }, trust(true)) ?? 0;
    expect(quality).toBeGreaterThan((0.85 + 0.5) / 2);
    expect(quality).toBeLessThan((0.95 + 0.5) / 2);
  });

  it('counts for nothing when labels refute it, in any mode', () => {
    const refuted = calibration({ gatePassed: false, gateReason: 'kappa may be as low as 0.10' });
    for (const isAutomatic of [true, false]) {
      expect(qualityOf({ calibrations: [refuted], drifts: [] }, trust(isAutomatic))).toBe(0.5);
    }
  });

  it('is measured per version: another rubric version starts anew', () => {
    const known = { calibrations: [calibration({ rubricVersion: '2', gatePassed: false })], drifts: [] };
    expect(standingOf(JUDGED, known, trust(false)).type).toBe('raw');
  });

  it.each([
    ['after it was measured', new Date('2026-01-03T00:00:00Z'), 'mute'],
    ['before it was measured', new Date('2026-01-01T00:00:00Z'), 'calibrated'],
  ])('is suspended by an alarm that came %s, or not', (_when, alarmAt, type) => {
    const night = { night: '2026-01-03', anchors: 50, disagreed: 20, flipped: 0, compared: 50, level: 2 };
    const known = { calibrations: [calibration()], drifts: [{ ...VERSION, ...night, alarmAt }] };
    expect(standingOf(JUDGED, known, trust(false)).type).toBe(type);
  });

  it('stands behind a session unless it is mute for what it is; one that drifts would stand there', () => {
    const behind = (known: Parameters<typeof judgesBehind>[1], believed: Parameters<typeof judgesBehind>[2]) =>
      judgesBehind([JUDGED, JUDGED, DETERMINISTIC], known, believed);
    const night = { night: '2026-01-03', anchors: 50, disagreed: 20, flipped: 0, compared: 50, level: 2 };
    const drifts = [{ ...VERSION, ...night, alarmAt: new Date('2026-01-03T00:00:00Z') }];
    expect(behind(NOBODY, trust(false))).toEqual([judgeKey(VERSION)]);
    expect(behind({ calibrations: [calibration()], drifts }, trust(true))).toEqual([judgeKey(VERSION)]);
    expect(behind(NOBODY, trust(true))).toEqual([]);
    expect(behind({ calibrations: [calibration({ gatePassed: false })], drifts }, trust(true))).toEqual([]);
  });
});
