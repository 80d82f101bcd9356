import type { Generated } from 'kysely';
import type { GeneratedMoment, Json, Moment } from '../columns.ts';

// Verdicts on calls and sessions.

export interface LabelTable {
  projectId: string;
  subjectType: string;
  subjectId: string;
  metric: string;
  labeller: string;
  callId: string;
  sessionId: string;
  passed: boolean;
  note: string | null;
  features: Json | null;
  createdAt: GeneratedMoment;
}

export interface ScoreTable {
  projectId: string;
  callId: string;
  subjectType: string;
  subjectId: string;
  scorer: string;
  scorerVersion: string;
  pass: string;
  sample: Generated<number>;
  metric: string;
  status: string;
  outcome: string;
  value: number | null;
  owner: string | null;
  severity: string | null;
  confidence: number | null;
  samplingProbability: Generated<number>;
  evidence: Json;
  explanation: string | null;
  judge: Json | null;
  costUsd: Generated<number>;
  createdAt: GeneratedMoment;
}

export interface ScoringRunTable {
  projectId: string;
  callId: string;
  scorerSet: string;
  pass: string;
  passed: Buffer;
  notApplicable: Buffer;
  scoredAt: GeneratedMoment;
  final: Generated<boolean>;
}

export interface TriageModelTable {
  projectId: string;
  model: Json;
  fittedAt: Moment;
}
