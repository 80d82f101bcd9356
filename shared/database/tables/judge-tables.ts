import type { Generated } from 'kysely';
import type { GeneratedMoment, Json, Moment } from '../columns.ts';

// What judges said, cost and are worth.

export interface JudgeAnchorTable {
  projectId: string;
  rubric: string;
  subjectType: string;
  subjectId: string;
  callId: string;
  sessionId: string;
  passed: boolean;
  addedAt: GeneratedMoment;
}

export interface JudgeAnchorVerdictTable {
  projectId: string;
  night: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  subjectType: string;
  subjectId: string;
  callId: string;
  sessionId: string;
  passed: boolean | null;
  agrees: boolean | null;
  flipped: boolean | null;
}

export interface JudgeCalibrationTable {
  projectId: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  map: Json;
  agreement: Json;
  gatePassed: boolean;
  gateReason: string | null;
  labels: number;
  fittedAt: Moment;
}

export interface JudgeDriftTable {
  projectId: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  state: Json;
  level: number;
  anchors: number;
  disagreed: number;
  flipped: number;
  compared: number;
  night: string;
  alarmAt: Moment | null;
}

export interface JudgeSkipTable {
  projectId: string;
  callId: string;
  rubric: string;
  reason: string;
  samplingProbability: number;
}

export interface JudgeSpendTable {
  projectId: string;
  day: string;
  judge: string;
  reservedUsd: Generated<number>;
  spentUsd: Generated<number>;
  calls: Generated<number>;
  errors: Generated<number>;
  repairs: Generated<number>;
  canaryMisses: Generated<number>;
  rateLimited: Generated<number>;
  otherModel: Generated<number>;
  unusable: Generated<number>;
}

export interface JudgePaceTable {
  projectId: string;
  judge: string;
  minute: Moment;
  requests: number;
  closedUntil: Moment | null;
}
